import type {ReportData} from '../../workflows/report/collect-report.js';

/**
 * A page that shows the data and needs nothing else: no network, no other file.
 *
 * @param script - the code of the page, `report-page.js` of the package.
 * @param style - its style sheet.
 */
export function* reportHtml(
  data: ReportData,
  {script, style}: {script: string; style: string},
): Generator<string> {
  // Nothing may be loaded, and nothing in a text can run: texts are data, and the page shows them as text.
  const policy =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; base-uri 'none'; form-action 'none'";
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Batch report</title>
<style>${style}</style>
</head>
<body>
<main id="page"><noscript>This page needs JavaScript to draw its plots.</noscript></main>
<script type="application/json" id="data">`;
  yield inScript(JSON.stringify(data));
  yield `</script>
<script>${script.replaceAll('</script', '<\\/script')}</script>
</body>
</html>
`;
}

/** JSON in which nothing ends a script element, or the comment in one. */
function inScript(json: string): string {
  return json
    .replaceAll('<', String.raw`\u003C`)
    .replaceAll('\u2028', String.raw`\u2028`)
    .replaceAll('\u2029', String.raw`\u2029`);
}

// Asks npm for known vulnerabilities of the packages in the bundle. They are devDependencies, so that `npm audit --omit=dev`
// looks at nothing. Exits with 1 when there are any, and with 75 when the registry could not be asked.
import {spawnSync} from 'node:child_process';
import {mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';

/** EX_TEMPFAIL of sysexits.h: nothing is known, so nothing has passed. */
const NOT_ASKED = 75;

const {components} = JSON.parse(
  readFileSync(fileURLToPath(new URL('../dist/sbom.cdx.json', import.meta.url)), 'utf8'),
);
const folder = mkdtempSync(join(tmpdir(), 'gembatch-audit-'));
try {
  writeProject(folder);
  const {stdout, stderr} = spawnSync('npm', ['audit', '--package-lock-only', '--json'], {
    cwd: folder,
    encoding: 'utf8',
  });
  process.exitCode = tell(answerOf(stdout), stderr);
} finally {
  rmSync(folder, {recursive: true, force: true});
}

/** A project that depends on each bundled package, under a name of its own because several are bundled in two versions. */
function writeProject(cwd) {
  const dependencies = {};
  const packages = {'': {name: 'bundled', version: '1.0.0', dependencies}};
  components.forEach(({group, name, version}, index) => {
    const full = group ? `${group}/${name}` : name;
    const alias = `bundled-${index}`;
    dependencies[alias] = `npm:${full}@${version}`;
    packages[`node_modules/${alias}`] = {name: full, version};
  });
  const project = {name: 'bundled', version: '1.0.0', dependencies};
  writeFileSync(join(cwd, 'package.json'), JSON.stringify(project));
  writeFileSync(join(cwd, 'package-lock.json'), JSON.stringify({...project, lockfileVersion: 3, packages}));
}

function answerOf(stdout) {
  try {
    return JSON.parse(stdout);
  } catch {
    return {};
  }
}

/** Prints what npm found and returns the exit code. */
function tell({vulnerabilities, metadata, message}, stderr) {
  if (vulnerabilities === undefined || metadata?.dependencies?.prod < components.length) {
    console.error(`Not audited: npm could not ask its registry. ${message ?? stderr.trim()}`);
    return NOT_ASKED;
  }
  for (const {name, severity, via} of Object.values(vulnerabilities)) {
    const advisories = via.map((advisory) => `${advisory.title ?? advisory} ${advisory.url ?? ''}`.trim());
    console.log(`${name} (${severity}): ${advisories.join('; ')}`);
  }
  const count = Object.keys(vulnerabilities).length;
  console.log(`${components.length} bundled packages audited, ${count} vulnerable.`);
  return count === 0 ? 0 : 1;
}

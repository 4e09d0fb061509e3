/**
 * The licences of the packages in the bundle, which most of them ask to be passed on.
 *
 * @param {readonly import('./packages.js').BundledPackage[]} packages
 */
export function notices(packages) {
  return packages.map(noticeOf).join(`\n\n${'-'.repeat(80)}\n\n`);
}

function noticeOf({name, version, license, texts}) {
  return [`${name} ${version} (${license})`, ...texts].join('\n\n');
}

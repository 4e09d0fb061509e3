/**
 * The software bill of materials of the bundle: CycloneDX 1.6 (https://cyclonedx.org/docs/1.6/json/), as JSON. It has neither
 * date nor serial number, so that the same sources make the same file.
 *
 * @param {{name: string, version: string, license: string, description: string}} product - package.json of gembatch.
 * @param {readonly import('./packages.js').BundledPackage[]} packages
 */
export function sbom(product, packages) {
  const application = {...componentOf(product), type: 'application', description: product.description};
  const components = packages.map((bundled) => ({...componentOf(bundled), scope: 'required'}));
  const document = {
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {lifecycles: [{phase: 'build'}], component: application},
    components,
    compositions: [{aggregate: 'complete', assemblies: [application['bom-ref']]}],
  };
  return `${JSON.stringify(document, null, 2)}\n`;
}

function componentOf({name, version, license}) {
  const [, group, own] = /^(?:(@[^/]+)\/)?(.+)$/u.exec(name);
  const purl = `pkg:npm/${name.replace('@', '%40')}@${version}`;
  // An SPDX expression has blanks; a single licence is named by its id.
  const licenses = license.includes(' ') ? [{expression: license}] : [{license: {id: license}}];
  return {type: 'library', 'bom-ref': purl, ...(group && {group}), name: own, version, licenses, purl};
}

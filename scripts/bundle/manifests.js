import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {pathToFileURL} from 'node:url';
import {Plugin} from '@oclif/core/config';

/**
 * Writes dist/oclif.manifest.json: the commands of the command line of its own, which are more than those of the plugin.
 *
 * @param {string} root - of the repository.
 */
export async function writeStandaloneManifest(root) {
  const dist = join(root, 'dist');
  const {standaloneSettings} = await import(pathToFileURL(join(dist, 'standalone.js')).href);
  const pjson = standaloneSettings(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')));
  writeFileSync(join(dist, 'oclif.manifest.json'), await manifestOf({root: dist, pjson, isRoot: true}, 0));
}

/**
 * The manifest of a plugin, as text.
 *
 * @param {object} options - of oclif's Plugin.
 * @param {number} indent - none in what every start reads.
 */
export async function manifestOf(options, indent = 2) {
  const plugin = new Plugin({type: 'core', ignoreManifest: true, errorOnManifestCreate: true, ...options});
  await plugin.load();
  return `${JSON.stringify(plugin.manifest, null, indent)}\n`;
}

import {homedir} from 'node:os';
import {join} from 'node:path';

/** Where the user's own configuration file is, whether it exists or not. */
export function personalConfigPath(
  env: Readonly<Record<string, string | undefined>>,
  platform: NodeJS.Platform = process.platform,
): string {
  const folder =
    platform === 'win32'
      ? env['APPDATA'] || join(homedir(), 'AppData', 'Roaming')
      : env['XDG_CONFIG_HOME'] || join(homedir(), '.config');
  return join(folder, 'gembatch', 'config.toml');
}

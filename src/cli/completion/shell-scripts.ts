/** The shells with completion. */
export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;

export type Shell = (typeof SHELLS)[number];

/** Where each shell reads its settings. */
export const SETTINGS_FILES: Readonly<Record<Shell, string>> = {
  bash: '~/.bashrc',
  zsh: '~/.zshrc',
  fish: '~/.config/fish/config.fish',
  powershell: '$PROFILE',
};

/** The line for those settings. */
export function setUpLine(shell: Shell, bin: string): string {
  const script = `${bin} autocomplete script ${shell}`;
  if (shell === 'fish') return `${script} | source`;
  return shell === 'powershell' ? `${script} | Out-String | Invoke-Expression` : `eval "$(${script})"`;
}

/** The shell that `SHELL` names, bash where it names none of them. */
export function shellOf(env: Readonly<Record<string, string | undefined>>): Shell {
  const name = env['SHELL']?.split('/').at(-1);
  return SHELLS.find((shell) => shell === name) ?? 'bash';
}

/**
 * The functions of a shell. They ask the program itself for what may come next, and leave it to the shell to offer files
 * where that is nothing.
 */
export function shellScript(shell: Shell, bin: string): string {
  const name = `_${bin.replaceAll(/\W/gu, '_')}_complete`;
  return {bash, zsh, fish, powershell}[shell](bin, name);
}

/** `-o default` offers files where there are no words; a word with a colon or an equals sign is one word for us. */
function bash(bin: string, name: string): string {
  return `${name}() {
  local line="\${COMP_LINE:0:COMP_POINT}" words word
  read -ra words <<< "$line"
  [[ $line == *[[:space:]] ]] && words+=("")
  word="\${words[-1]}"
  local IFS=$'\\n'
  COMPREPLY=($(${bin} autocomplete words -- "\${words[@]:1}" 2>/dev/null))
  local shown="\${COMP_WORDS[COMP_CWORD]}"
  [[ $shown == "=" || $shown == ":" ]] && shown=""
  local lead="\${word%"$shown"}"
  COMPREPLY=("\${COMPREPLY[@]#"$lead"}")
}
complete -o default -o bashdefault -F ${name} ${bin}
`;
}

function zsh(bin: string, name: string): string {
  return `${name}() {
  local -a found
  found=("\${(@f)$(${bin} autocomplete words -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  found=("\${(@)found:#}")
  if (( \${#found} )); then compadd -a found; else _files; fi
}
(( $+functions[compdef] )) || { autoload -Uz compinit && compinit; }
compdef ${name} ${bin}
`;
}

/** Without -f, fish offers files too. */
function fish(bin: string): string {
  return `complete -c ${bin} -a '(${bin} autocomplete words -- (commandline -opc)[2..-1] (commandline -ct) 2>/dev/null)'
`;
}

function powershell(bin: string): string {
  return `Register-ArgumentCompleter -Native -CommandName ${bin} -ScriptBlock {
  param($word, $line, $position)
  $words = @($line.CommandElements | Select-Object -Skip 1 | ForEach-Object { $_.ToString() })
  if ($word -eq '') { $words += '' }
  ${bin} autocomplete words '--' @words 2>$null | ForEach-Object { [System.Management.Automation.CompletionResult]::new($_) }
}
`;
}

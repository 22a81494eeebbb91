// Makes target/site, everything the server hands to a browser as it is, from the WASM that cargo built, the style
// sheets and public/:
//
//   target/site/pkg/<hash>/taskwire.{js,wasm,css}  in a folder a build: its files fit no other's
//   target/site/pkg/<hash>/swagger-ui.{js,css}     for /api/docs
//   target/site/...                                what is in public/
//
// and beside every file the same file as .br and .gz. The server is built after it, and takes all of it into the executable.
// With `quick` nothing is made small, which takes longer than a first look is worth.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { extname, join } from 'node:path';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import * as esbuild from 'esbuild';

const NAME = 'taskwire';
const QUICK = process.argv[2] === 'quick';
const COMPILED = `target/wasm32-unknown-unknown/wasm-${QUICK ? 'dev' : 'release'}/frontend.wasm`;
// Each in folders of its own: a server that `make run` started reads its files as long as it runs.
const FRONTEND = QUICK ? 'target/quick-frontend' : 'target/frontend';
const SITE = QUICK ? 'target/quick-site' : 'target/site';

// What Rust itself turns on for the target.
const WASM_FEATURES = [
  'bulk-memory',
  'multivalue',
  'mutable-globals',
  'nontrapping-float-to-int',
  'reference-types',
  'sign-ext',
].map((feature) => `--enable-${feature}`);

// The youngest of the browsers that have what the style sheets use; newer ones need nothing rewritten.
const BROWSERS = ['chrome123', 'firefox121', 'safari17.5'];

process.chdir(join(import.meta.dirname, '..'));
if (!fs.existsSync(COMPILED)) {
  console.error(`${COMPILED} is missing: run scripts/build, which makes it first.`);
  process.exit(1);
}
await once(FRONTEND, [COMPILED, ...ourselves()], makeFrontend);
await once(SITE, [FRONTEND, ...styles(), 'public', ...ourselves()], makeSite);

/** The WASM and the script that loads it, as small as wasm-opt and esbuild get them. */
async function makeFrontend(out) {
  step('Generating the script of the WASM');
  run('target/debug/bindgen', [COMPILED, NAME, out]);
  const generated = join(out, `${NAME}_bg.wasm`);
  const wasm = join(out, `${NAME}.wasm`);
  if (QUICK) return fs.renameSync(generated, wasm);

  step('Shrinking the WASM with wasm-opt');
  run('wasm-opt', ['-Oz', ...WASM_FEATURES, generated, '-o', wasm]);
  fs.rmSync(generated);
  await minify(join(out, `${NAME}.js`), join(out, `${NAME}.js`), { format: 'esm', target: 'es2022' });
}

async function makeSite(out) {
  step('Putting the site together');
  const unnamed = join(out, 'pkg', 'unnamed');
  fs.cpSync('public', out, { recursive: true });
  fs.cpSync(FRONTEND, unnamed, { recursive: true });
  await esbuild.build({
    entryPoints: ['style/main.css'],
    outfile: join(unnamed, `${NAME}.css`),
    bundle: true,
    minify: true,
    target: BROWSERS,
    logLevel: 'warning',
  });
  copySwaggerUi(unnamed);
  const pkg = join(out, 'pkg', digest([unnamed]).slice(0, 16));
  fs.renameSync(unnamed, pkg);

  if (!QUICK) await Promise.all(files(out).map(compress));
  for (const kind of ['js', 'wasm', 'css']) report(join(pkg, `${NAME}.${kind}`));
}

/** The library of the interactive documentation, as it is published, with its licence. */
function copySwaggerUi(out) {
  const file = (name) => fs.readFileSync(join('scripts/node_modules/swagger-ui-dist', name), 'utf8');
  // The source maps are not part of the site.
  const withoutMap = (text) => text.replace(/\n?(\/\/# sourceMappingURL=.*|\/\*# sourceMappingURL=.*\*\/)\s*$/, '\n');
  fs.writeFileSync(join(out, 'swagger-ui.js'), withoutMap(file('swagger-ui-bundle.js')));
  fs.writeFileSync(join(out, 'swagger-ui.css'), withoutMap(file('swagger-ui.css')));
  const licences = ['NOTICE', 'LICENSE', 'swagger-ui-bundle.js.LICENSE.txt'].map(file);
  fs.writeFileSync(join(out, 'swagger-ui.LICENSE.txt'), licences.join('\n\n'));
}

async function minify(from, to, options) {
  const loader = extname(from).slice(1);
  const { code, warnings } = await esbuild.transform(fs.readFileSync(from, 'utf8'), { loader, minify: true, ...options });
  if (warnings.length) console.error((await esbuild.formatMessages(warnings, { kind: 'warning' })).join('\n'));
  fs.writeFileSync(to, code);
}

async function compress(path) {
  const content = fs.readFileSync(path);
  const [br, gz] = await Promise.all([
    promisify(zlib.brotliCompress)(content, { params: { [zlib.constants.BROTLI_PARAM_SIZE_HINT]: content.length } }),
    promisify(zlib.gzip)(content, { level: zlib.constants.Z_BEST_COMPRESSION }),
  ]);
  fs.writeFileSync(`${path}.br`, br);
  fs.writeFileSync(`${path}.gz`, gz);
}

/**
 * Has `make` fill the directory `out`, unless it was made from exactly these inputs before. It is filled under another
 * name and put in place whole, so that a server that is running, or a build that is interrupted, never has half of it.
 */
async function once(out, inputs, make) {
  const stamp = `${out}.stamp`;
  const state = digest(inputs);
  const made = [out, stamp].every((path) => fs.existsSync(path));
  if (made && fs.readFileSync(stamp, 'utf8') === state) return;

  const filling = `${out}.new`;
  fs.rmSync(filling, { recursive: true, force: true });
  fs.mkdirSync(filling, { recursive: true });
  await make(filling);
  fs.rmSync(stamp, { force: true });
  fs.rmSync(out, { recursive: true, force: true });
  fs.renameSync(filling, out);
  fs.writeFileSync(stamp, state);
}

/** The style sheets: what is common, and what lies beside the feature or control that it is of. */
function styles() {
  return ['style', ...files('app/src').filter((path) => extname(path) === '.css')];
}

/** The recipe counts as an input too: this file and the versions of its tools. */
function ourselves() {
  return ['scripts/site.mjs', 'scripts/package-lock.json', 'Cargo.lock'];
}

function digest(paths) {
  const hash = createHash('sha256');
  for (const path of paths.flatMap(files)) hash.update(`${path}\0`).update(fs.readFileSync(path));
  return hash.digest('hex');
}

/** A file as it is, a directory as all the files below it. */
function files(path) {
  if (!fs.statSync(path).isDirectory()) return [path];
  return fs.readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

function report(path) {
  const sizes = [path, `${path}.br`].filter(fs.existsSync).map((each) => `${(fs.statSync(each).size / 1024).toFixed(1)} KiB`);
  console.log(`    ${extname(path).slice(1).padEnd(4)} ${sizes.join(', as brotli ')}`);
}

function run(command, args) {
  try {
    execFileSync(command, args, { stdio: 'inherit' });
  } catch (error) {
    console.error(`${command} failed: ${error.message}`);
    process.exit(1);
  }
}

function step(message) {
  console.log(`\x1b[1m==>\x1b[0m ${message}`);
}

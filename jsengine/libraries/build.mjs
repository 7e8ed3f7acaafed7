// Writes dist: each script library as one expression that makes a new instance of it. The Go package comment
// (libraries.go) is the contract of what is written here.
import { buildSync, transformSync } from "esbuild";
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, "dist");
const packages = join(here, "node_modules");

// The variables hide what a script may have defined under the names by which libraries recognise their surroundings.
function wrap(source) {
  return bare(
    "(function (require, global) { var module = { exports: {} }, exports = module.exports, window, self, define;\n" +
      source +
      "\nreturn module.exports; })\n",
  );
}

// Without comments and white space, which are two thirds of Chai, a library compiles in four fifths of the time. Shorter
// names and other tricks of minifiers gain nothing more. The licences are in LICENSES.txt.
function bare(source) {
  const options = { charset: "utf8", legalComments: "none", minifyWhitespace: true, target: "esnext" };
  return transformSync(source, options).code.replace(/;\s*$/, "\n");
}

// Packages that ship one file are taken as they are.
function shipped(path) {
  return readFileSync(join(packages, path), "utf8");
}

function bundled(entry) {
  const result = buildSync({
    stdin: { contents: entry, resolveDir: here, sourcefile: "entry.js" },
    absWorkingDir: here,
    // chai-json-schema looks for a require before it uses the one that was bundled for it.
    banner: { js: "require = function () { throw new Error('everything is bundled'); };" },
    bundle: true,
    charset: "utf8",
    format: "cjs",
    legalComments: "inline",
    logLevel: "warning",
    platform: "neutral",
    mainFields: ["main"],
    target: "es2017",
    write: false,
  });
  return result.outputFiles[0].text;
}

// Chai comes in parts of about the same size, so that they can be compiled beside each other: its largest modules stay
// outside of the bundle, which asks for them with require.
const chaiParts = { "chai-loupe": "loupe/loupe.js", "chai-assertions": "chai/lib/chai/core/assertions.js", "chai-assert": "chai/lib/chai/interface/assert.js" };

function chai() {
  const result = buildSync({
    stdin: { contents: `module.exports = require("chai");`, resolveDir: here, sourcefile: "entry.js" },
    absWorkingDir: here,
    bundle: true,
    charset: "utf8",
    external: ["*/core/assertions", "*/interface/assert", "loupe"],
    format: "cjs",
    legalComments: "inline",
    logLevel: "warning",
    platform: "neutral",
    mainFields: ["main"],
    target: "es2017",
    write: false,
  });
  return result.outputFiles[0].text;
}

// Of the package's 3.1.2 versions, 3.1.2-5 is the readable text. The vendor's page of included libraries limits CryptoJS to these: AES with what its rollup brings (Base64, MD5,
// EvpKDF, CBC, Pkcs7, the OpenSSL format), and the two SHA with HMAC.
const cryptoJS = `
  module.exports = require("crypto-js/core");
  require("crypto-js/aes");
  require("crypto-js/md5");
  require("crypto-js/sha1");
  require("crypto-js/sha256");
  require("crypto-js/hmac-sha1");
  require("crypto-js/hmac-sha256");
`;

function licences() {
  const lock = JSON.parse(readFileSync(join(here, "package-lock.json"), "utf8"));
  return Object.entries(lock.packages)
    .filter(([path, entry]) => path !== "" && !entry.dev)
    .map(([path, entry]) => `${path.replace(/^node_modules\//, "")} ${entry.version}\n\n${licence(join(here, path))}\n`)
    .join(`\n${"-".repeat(78)}\n\n`);
}

// Two packages have their licence in the last section of the README only.
function licence(folder) {
  const file = readdirSync(folder).find((name) => /^licen[cs]e/i.test(name));
  if (file) {
    return readFileSync(join(folder, file), "utf8").trim();
  }
  const section = readFileSync(join(folder, "README.md"), "utf8").split(/^## License\s*$/m)[1];
  if (!/copyright/i.test(section ?? "")) {
    throw new Error(`no licence text in ${folder}`);
  }
  return section.trim();
}

function clear() {
  for (const name of readdirSync(dist)) {
    if (name !== "README.md") {
      rmSync(join(dist, name), { recursive: true });
    }
  }
  mkdirSync(join(dist, "moment-locale"));
}

const texts = {
  "chai.js": wrap(chai()),
  "chai-fuzzy.js": wrap(shipped("chai-fuzzy/index.js")),
  "chai-json-schema.js": wrap(bundled(`module.exports = require("chai-json-schema");`)),
  "crypto-js.js": wrap(bundled(cryptoJS)),
  "moment.js": wrap(shipped("moment/moment.js")),
  "underscore.js": wrap(shipped("underscore/underscore-umd.js")),
  "LICENSES.txt": licences(),
};
for (const [name, path] of Object.entries(chaiParts)) {
  texts[`${name}.js`] = wrap(shipped(path));
}
for (const name of readdirSync(join(packages, "moment/locale"))) {
  texts[join("moment-locale", name)] = wrap(shipped(join("moment/locale", name)));
}
clear();
for (const [name, text] of Object.entries(texts)) {
  writeFileSync(join(dist, name), text);
}

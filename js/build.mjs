// The bundle that the wheel ships: one module, its style inside it, and the parts that are sent to a
// page only when it needs them. `--watch` rebuilds on change.
import { readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, context } from "esbuild";
import { minify } from "terser";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

/** @type {import("esbuild").BuildOptions} */
export const options = {
  entryPoints: [here("src/widget.ts")],
  outfile: here("../tutor_widget/static/widget.js"),
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  // Long names of our own that are met often, each the name of nothing else (test/bundle.test.mjs).
  mangleProps:
    /^(?:actions|announcer|attachments|attend|attended|catchUp|changed|clock|closes|commChanged|connectionSeen|conversation|delimiters|depth|draft|duration|editLast|element|embellish|facts|follow|goOn|heard|hurry|imageWords|isSaid|isShown|kernelState|kind|leave|lines|listening|look|manager|opened|opens|outbox|panel|pending|preview|request|resend|rivals|settle|spoke|subscribe|ticking|times|tone|traits|transmit|trouble|unheard|unheardSince|waitingSince|watch|words|written)$/,
  // The style goes into each view's shadow root, where a stylesheet of the page would not reach.
  plugins: [minifiedCss(), smallest()],
  write: false,
  logLevel: "info",
};

/** @type {import("esbuild").BuildOptions} */
const parts = {
  ...options,
  entryPoints: ["context", "math", "menu", "python"].map((name) => here(`src/parts/${name}.ts`)),
  outfile: undefined,
  outdir: here("../tutor_widget/static/parts"),
};

/** Every byte travels once per chat: Terser finds what esbuild leaves. */
function smallest() {
  const settings = {
    module: true,
    ecma: 2020,
    compress: {
      passes: 20,
      hoist_funs: true,
      hoist_props: true,
      unsafe_arrows: true,
      unsafe_methods: true,
      pure_getters: true,
    },
    format: { ascii_only: false },
  };
  return {
    name: "smallest",
    setup({ onEnd }) {
      onEnd(async ({ outputFiles }) => {
        for (const file of outputFiles ?? []) {
          const { code } = await minify(file.text, settings);
          file.contents = new TextEncoder().encode(code);
        }
      });
    },
  };
}

function written() {
  return {
    name: "written",
    setup({ onEnd }) {
      onEnd(async ({ outputFiles }) => {
        for (const { path, contents } of outputFiles ?? []) {
          await mkdir(dirname(path), { recursive: true });
          await writeFile(path, contents);
        }
      });
    },
  };
}

/** The custom properties that the theme defines, each with a shorter name. */
const theme = readFileSync(here("src/view/style/theme.css"), "utf8");
// But those that the badge names: they are its tones.
const names = [
  ...new Set(theme.match(/(?<![\w(-])--(?!jp-|(?:good|busy|warn|bad|off):)[a-z-]+(?=:)/g)),
];
const short = (name) => {
  const n = names.indexOf(name);
  return n < 0 ? name : `--${String.fromCharCode(97 + n)}`;
};

function minifiedCss() {
  return {
    name: "minified-css",
    setup({ onLoad }) {
      onLoad({ filter: /\.css$/ }, async ({ path }) => {
        const { outputFiles, metafile } = await build({
          entryPoints: [path],
          bundle: true,
          metafile: true,
          minify: true,
          target: ["chrome123", "firefox121", "safari17.5"],
          charset: "utf8",
          write: false,
        });
        const watchFiles = Object.keys(metafile.inputs).map((file) => resolve(file));
        // esbuild leaves the spaces in custom properties.
        const spaced = outputFiles[0].text.trim().replace(/([,:]) /g, "$1");
        const contents = spaced.replace(/(?<![\w-])--[a-z-]+/g, short);
        return { contents, loader: "text", watchFiles };
      });
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const what of [options, parts]) {
    const each = { ...what, plugins: [...what.plugins, written()] };
    if (process.argv.includes("--watch")) await (await context(each)).watch();
    else await build(each);
  }
}

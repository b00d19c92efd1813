// The bundle that the wheel ships: one module, its style inside it, and the parts that are sent to a
// page only when it needs them. `--watch` rebuilds on change.
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { build, context } from "esbuild";

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
  // The style goes into each view's shadow root, where a stylesheet of the page would not reach.
  plugins: [minifiedCss(), builtCode()],
  logLevel: "info",
};

/** @type {import("esbuild").BuildOptions} */
const parts = {
  ...options,
  entryPoints: ["budget", "context", "menu", "notebook", "python", "report", "unseen"].map((name) =>
    here(`src/parts/${name}.ts`),
  ),
  outfile: undefined,
  outdir: here("../tutor_widget/static/parts"),
};

/**
 * The one part with the code of others: its licence goes with it.
 * @type {import("esbuild").BuildOptions}
 */
export const math = {
  ...parts,
  entryPoints: [here("src/parts/math.ts")],
  banner: { js: `/*!\nTemml\n\n${readFileSync(here("node_modules/temml/LICENSE"), "utf8")}*/` },
};

/**
 * The script and the style of the dashboard's pages, each a file of its own.
 * @type {import("esbuild").BuildOptions}
 */
const dashboard = {
  ...options,
  plugins: [],
  entryPoints: ["dashboard.ts", "dashboard.css", "icon.svg"].map((name) =>
    here(`src/dashboard/${name}`),
  ),
  loader: { ".svg": "copy" },
  outfile: undefined,
  outdir: here("../tutor_widget/dashboard/static"),
};

function minifiedCss() {
  return {
    name: "minified-css",
    setup({ onLoad }) {
      onLoad({ filter: /\.css$/ }, async ({ path }) => {
        const target = ["chrome123", "firefox121", "safari17.5"];
        return builtText({ bundle: true, minify: true, charset: "utf8", target }, path);
      });
    },
  };
}

/** `import code from "./module.ts?raw"` is a module's code with all that it imports, as text. */
function builtCode() {
  return {
    name: "built-code",
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /\?raw$/ }, ({ path, resolveDir }) => ({
        path: resolve(resolveDir, path.replace("?raw", "")),
        namespace: "code",
      }));
      onLoad({ filter: /./, namespace: "code" }, ({ path }) =>
        builtText({ ...options, outfile: undefined, logLevel: "silent" }, path),
      );
    },
  };
}

/** What a plugin loads for `path`: the text that is built from it. */
async function builtText(how, path) {
  const { outputFiles, metafile } = await build({
    ...how,
    entryPoints: [path],
    metafile: true,
    write: false,
  });
  const watchFiles = Object.keys(metafile.inputs).map((file) => resolve(file));
  return { contents: outputFiles[0].text.trim(), loader: "text", watchFiles };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const what of [options, parts, math, dashboard]) {
    if (process.argv.includes("--watch")) await (await context(what)).watch();
    else await build(what);
  }
}

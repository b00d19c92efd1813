/** What the bundler makes of these: see `build.mjs`. */
declare module "*.css" {
  const text: string;
  export default text;
}

declare module "*?raw" {
  const text: string;
  export default text;
}

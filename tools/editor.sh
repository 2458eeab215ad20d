#!/bin/sh
# Bundles the studio's code editor anew from its pinned packages: `tools/editor.sh` compares with the file that is there,
# `tools/editor.sh --write` puts it there. Versions are those below; another one is noted in vendor.json too, with the digests.
# Needs npm and its registry; what is installed is gone afterwards. Nothing of this is needed to run Foyer.
set -eu
cd "$(dirname "$0")/.."
folder=themes/base/static/vendor/codemirror
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp "$folder/entry.js" "$scratch/entry.js"
cd "$scratch"
printf '{"private": true, "type": "module"}\n' > package.json
npm install --silent --no-fund --no-audit --ignore-scripts --save-exact \
  @codemirror/view@6.43.15 @codemirror/state@6.7.6 @codemirror/commands@6.11.1 @codemirror/language@6.13.1 \
  @codemirror/lang-yaml@6.1.3 @codemirror/lint@6.9.8 @codemirror/search@6.7.2 @codemirror/autocomplete@6.20.4 \
  @lezer/common@1.5.5 @lezer/lr@1.4.12 @lezer/highlight@1.2.5 @lezer/yaml@1.0.4 \
  style-mod@4.1.4 w3c-keyname@2.2.8 crelt@1.0.7 esbuild@0.28.2
node_modules/.bin/esbuild entry.js --bundle --format=esm --minify --legal-comments=none --target=es2022 \
  --log-level=warning --outfile=codemirror.min.js
cd - > /dev/null
if [ "${1:-}" = --write ]; then
  cp "$scratch/codemirror.min.js" "$folder/codemirror.min.js"
  echo "Written; note in vendor.json:"
  sha256sum "$folder/codemirror.min.js" "$folder/entry.js"
elif cmp -s "$scratch/codemirror.min.js" "$folder/codemirror.min.js"; then
  echo "The file is what these packages make."
else
  echo "The file differs from what these packages make; tools/editor.sh --write takes that." >&2
  exit 1
fi

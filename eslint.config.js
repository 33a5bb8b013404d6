import { defineConfig } from "eslint/config";
import tseslint from "typescript-eslint";

const ways = (names, message) => names.map((name) => ({ name, message }));
const property = (names, message) => names.map((name) => ({ property: name, message }));
// A property is forbidden however it is reached, so that no destructuring or string key goes round the rule.
const selectors = (names, message) =>
  names.flatMap((name) => [
    { selector: `MemberExpression > Identifier.property[name="${name}"]`, message },
    { selector: `MemberExpression > Literal.property[value="${name}"]`, message },
    { selector: `ObjectPattern > Property > Identifier.key[name="${name}"]`, message },
  ]);

const NO_MARKUP = "Text becomes a text node: trusted-types 'none' forbids markup from strings.";
const NO_CODE = "WEBCAT: no code from strings.";
const NO_TRACE = "Nothing of a visit stays on the device.";
const NO_THREAD = "WEBCAT: no workers and no WASM; long work yields.";
const NO_LOG = "A console keeps what it is told.";
const NO_NODE = "The client runs in a browser.";
const NO_TEXT = "What people read stands in templates/site, where it is translated; the script chooses and fills in.";
// A sentence is for people, unless it is an assertion's or an error's: those are for whoever mends this.
const SENTENCE = "/\\p{L}[.!?]? \\p{L}/u";
const FOR_DEVELOPERS = ':matches(CallExpression[callee.name="assert"], CallExpression[callee.type="Super"], NewExpression)';
const WORD = "/\\p{L}/u";
const TEXT = "/^(textContent|innerText|outerText|nodeValue|data|title|alt|placeholder|label|aria[A-Z]\\w+)$/";
const WRITERS = "/^(fill|append|prepend|before|after|replaceWith|replaceChildren|createTextNode|alert|confirm|prompt)$/";
const NO_TEXTS = [
  `Literal[value=${SENTENCE}]:not(${FOR_DEVELOPERS} > Literal)`,
  `TemplateElement[value.raw=${SENTENCE}]:not(${FOR_DEVELOPERS} > TemplateLiteral > TemplateElement)`,
  `AssignmentExpression[left.property.name=${TEXT}] > :matches(Literal[value=${WORD}], TemplateLiteral).right`,
  `CallExpression[callee.property.name=${WRITERS}] > Literal[value=${WORD}]`,
  `CallExpression[callee.name="fill"] > Literal.arguments:nth-child(3)[value=${WORD}]`,
  `CallExpression[arguments.0.value=/^(aria-\\w*|title|alt|placeholder)$/] > Literal.arguments:nth-child(2)[value=/\\p{Lu}/u]`,
].map((selector) => ({ selector, message: NO_TEXT }));

export default defineConfig(
  { ignores: ["node_modules/**", ".venv/**", "var/**"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  {
    files: ["web/**/*.ts", "templates/desk/static/*.js", "tests/**/*.ts", "tests/e2e/**/*.ts", "vitest.config.ts"],
    extends: [tseslint.configs.strictTypeChecked, tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      eqeqeq: "error",
      "no-implicit-coercion": "error",
      "no-param-reassign": "error",
      "no-throw-literal": "off", // @typescript-eslint/only-throw-error is the same rule with types.
      "prefer-const": "error",
      "@typescript-eslint/consistent-type-imports": "error",
      "@typescript-eslint/explicit-module-boundary-types": "error",
      "@typescript-eslint/switch-exhaustiveness-check": "error",
      // Numbers stand in sentences for people and developers; their spelling is not ambiguous.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
    },
  },
  {
    // Its types stand in comments, which this rule does not read; tsc does.
    files: ["templates/desk/static/*.js"],
    rules: { "@typescript-eslint/explicit-module-boundary-types": "off" },
  },
  {
    files: ["web/**/*.ts", "templates/desk/static/*.js"],
    rules: {
      "no-eval": "error",
      "no-implied-eval": "off", // @typescript-eslint/no-implied-eval is the same rule with types.
      "no-new-func": "error",
      "no-console": "error",
      "no-restricted-globals": [
        "error",
        ...ways(["eval", "Function"], NO_CODE),
        ...ways(["localStorage", "sessionStorage", "indexedDB", "caches"], NO_TRACE),
        ...ways(["Worker", "SharedWorker", "WebAssembly"], NO_THREAD),
        ...ways(["console"], NO_LOG),
        ...ways(["Buffer", "process", "global", "require", "__dirname", "setImmediate"], NO_NODE),
      ],
      "no-restricted-properties": [
        "error",
        ...property(["innerHTML", "outerHTML", "insertAdjacentHTML", "setHTMLUnsafe", "parseHTMLUnsafe"], NO_MARKUP),
        ...property(["createContextualFragment", "parseFromString", "srcdoc"], NO_MARKUP),
        { object: "document", property: "write", message: NO_MARKUP },
        { object: "document", property: "writeln", message: NO_MARKUP },
        ...property(["localStorage", "sessionStorage", "indexedDB", "cookie", "serviceWorker"], NO_TRACE),
        ...property(["eval", "Function"], NO_CODE),
        ...property(["Worker", "SharedWorker", "WebAssembly"], NO_THREAD),
        ...property(["console"], NO_LOG),
      ],
      "no-restricted-syntax": [
        "error",
        ...selectors(["innerHTML", "outerHTML", "insertAdjacentHTML"], NO_MARKUP),
        { selector: "ImportExpression > :not(Literal.source)", message: "A module's name is written out." },
        ...NO_TEXTS,
      ],
      "no-restricted-imports": [
        "error",
        { patterns: [{ regex: "^(node:|fs$|path$|crypto$|buffer$|util$)", message: NO_NODE }] },
      ],
    },
  },
);

import hooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/** Every rule of the two sets is on; what is off has its reason beside it. */
export default tseslint.config(
  { ignores: ['**/dist/**', '**/*.gen.ts', 'node_modules/**'] },
  ...tseslint.configs.strict,
  hooks.configs.flat['recommended-latest'],
  {
    files: ['**/*.{ts,tsx}'],
    rules: {
      // The API's optional fields are checked where they are read; an assertion there would hide a change of contract.
      '@typescript-eslint/no-non-null-assertion': 'error',
      'no-console': 'error',
      'no-restricted-syntax': [
        'error',
        {
          selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']",
          message: 'Text from outside is never markup.',
        },
      ],
      'max-lines': ['error', { max: 500 }],
    },
  },
  {
    files: ['**/src/**/*.{ts,tsx}'],
    rules: {
      // Requests go through the generated client, so that the contract is checked by the compiler.
      'no-restricted-globals': ['error', { name: 'fetch', message: 'Use the generated client of shared/api.' }],
    },
  },
  {
    files: ['scripts/**', 'e2e/**', '*.config.*'],
    rules: { 'no-console': 'off' },
  },
);

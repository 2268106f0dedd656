/** One style for the whole workspace: 120 columns as in the Go tree, single quotes, trailing commas. */
export default { printWidth: 120, singleQuote: true, trailingComma: 'all' };

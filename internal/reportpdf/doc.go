// Package reportpdf draws reports and tube labels to PDF. It holds a small PDF writer of its own, because libraries that
// map characters to glyphs one by one set Hindi wrongly: here every run of text is shaped, written by glyph id, and
// carries the text it stands for, so that search and copy give it back. The same input gives the same bytes: there is no
// clock and no randomness.
package reportpdf

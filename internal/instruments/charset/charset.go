// Package charset turns the bytes of an instrument into UTF-8. Declarations in messages are often wrong, so valid UTF-8
// always wins over what was declared, and text is never lost: bytes that fit nothing are read as Windows-1252.
package charset

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// Text gives b as valid UTF-8. Plain ASCII and UTF-8 are given back as they are, without a copy. For other bytes the
// first known name among names decides; ok is false when the bytes did not fit it, or when no name was known.
func Text(b []byte, names ...string) (text []byte, ok bool) {
	if utf8.Valid(b) {
		return b, true
	}
	for _, name := range names {
		enc, utf := lookup(name)
		if utf || enc == nil {
			continue
		}
		out, err := enc.NewDecoder().Bytes(b)
		if err == nil && utf8.Valid(out) && !bytes.ContainsRune(out, utf8.RuneError) {
			return out, true
		}
		break
	}
	out, err := charmap.Windows1252.NewDecoder().Bytes(b)
	if err != nil {
		return []byte(strings.ToValidUTF8(string(b), "\uFFFD")), false
	}
	return []byte(strings.ToValidUTF8(string(out), "\uFFFD")), false
}

// Encode gives the UTF-8 text s in the named character set, for a reply in the instrument's own set. Characters that
// the set lacks become "?". An unknown name, and every name of UTF-8, gives s itself.
func Encode(s, name string) []byte {
	if key(name) == "ascii" {
		return ascii(s)
	}
	enc, utf := lookup(name)
	if utf || enc == nil {
		return []byte(s)
	}
	out, err := encoding.ReplaceUnsupported(enc.NewEncoder()).String(s)
	if err != nil {
		return ascii(s)
	}
	// The encoder writes SUB for what it lacks; that byte is restricted on some lines.
	return []byte(strings.ReplaceAll(out, "\x1a", "?"))
}

// Known tells whether the name is one that Text understands.
func Known(name string) bool {
	enc, utf := lookup(name)
	return utf || enc != nil
}

func ascii(s string) []byte {
	out := make([]byte, 0, len(s))
	for _, r := range s {
		if r >= utf8.RuneSelf {
			r = '?'
		}
		out = append(out, byte(r))
	}
	return out
}

func key(name string) string {
	return strings.NewReplacer(" ", "", "-", "", "_", "", "/", "", ".", "").Replace(strings.ToLower(name))
}

// lookup knows the names of HL7 table 0211 as analyzers write them, and the common names of the same sets. utf is true
// for UTF-8 and for ASCII, which is a part of it.
func lookup(name string) (enc encoding.Encoding, utf bool) {
	switch key(name) {
	case "ascii", "isoir6", "unicodeutf8", "utf8", "unicode":
		return nil, true
	case "88591", "iso88591", "latin1", "isoir100", "windows1252", "cp1252":
		return charmap.Windows1252, false
	case "88592", "iso88592", "latin2":
		return charmap.ISO8859_2, false
	case "88595", "iso88595":
		return charmap.ISO8859_5, false
	case "88599", "iso88599":
		return charmap.ISO8859_9, false
	case "885915", "iso885915":
		return charmap.ISO8859_15, false
	case "windows1250", "cp1250":
		return charmap.Windows1250, false
	case "windows1251", "cp1251":
		return charmap.Windows1251, false
	case "gb18030", "gb180302000", "gbk", "gb2312", "cngb2312":
		return simplifiedchinese.GB18030, false
	default:
		return nil, false
	}
}

package charset_test

import (
	"testing"

	"jaanch/internal/instruments/charset"
)

// TestText: valid UTF-8 wins, then the first known name, then Windows-1252; nothing is ever lost or left invalid.
func TestText(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, in string
		names    []string
		want     string
		ok       bool
	}{
		{"ASCII", "abc", nil, "abc", true},
		{"UTF-8 in spite of the declaration", "é", []string{"8859/1"}, "é", true},
		{"Latin 1", "\xb5g", []string{"8859/1"}, "µg", true},
		{"unknown name, then a known one", "\xc0", []string{"x", "cp1251"}, "А", true},
		{"UTF-8 is passed over", "\xc0", []string{"UNICODE UTF-8", "windows-1251"}, "А", true},
		{"GB 18030", "\xd6\xd0", []string{"GB 18030-2000"}, "中", true},
		{"does not fit GB 18030", "\xff", []string{"gbk"}, "ÿ", false},
		{"no name", "\xe9", nil, "é", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, ok := charset.Text([]byte(c.in), c.names...)
			if string(got) != c.want || ok != c.ok {
				t.Errorf("%q %t, want %q %t", got, ok, c.want, c.ok)
			}
		})
	}
}

func TestEncode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ in, name, want string }{
		{"é आ", "ASCII", "? ?"},
		{"é आ", "8859/1", "\xe9 ?"},
		{"é आ", "UNICODE UTF-8", "é आ"},
		{"é", "", "é"},
		{"中", "GB 18030-2000", "\xd6\xd0"},
	} {
		if got := string(charset.Encode(c.in, c.name)); got != c.want {
			t.Errorf("%q in %q: %q, want %q", c.in, c.name, got, c.want)
		}
	}
}

func TestKnown(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"8859/15": true, "UNICODE": true, "windows-1252": true, "KOI7": false, "": false} {
		if got := charset.Known(name); got != want {
			t.Errorf("%q known: %t", name, got)
		}
	}
}

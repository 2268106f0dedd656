package seal_test

import (
	"bytes"
	"encoding/base64"
	"testing"

	"jaanch/internal/hub/seal"
	"jaanch/internal/lab"
	"jaanch/internal/telemetry"
)

func key(b byte) telemetry.Secret {
	return telemetry.Secret(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{b}, 32)))
}

func TestSealedTextOpensAtItsPlaceAlone(t *testing.T) {
	t.Parallel()
	box, err := seal.New(key(1))
	if err != nil {
		t.Fatal(err)
	}
	other, _ := seal.New(key(2))
	here := seal.Place("outbox", lab.ID{1}, "a")
	one, two := box.Seal(here, []byte("Asha")), box.Seal(here, []byte("Asha"))
	if bytes.Equal(one, two) || bytes.Contains(one, []byte("Asha")) {
		t.Error("the same text shows")
	}
	if got, err := box.Open(here, one); err != nil || string(got) != "Asha" {
		t.Errorf("%q %v", got, err)
	}
	changed := bytes.Clone(one)
	changed[len(changed)-1] ^= 1
	for name, try := range map[string]func() ([]byte, error){
		"another row":          func() ([]byte, error) { return box.Open(seal.Place("outbox", lab.ID{1}, "b"), one) },
		"another organisation": func() ([]byte, error) { return box.Open(seal.Place("outbox", lab.ID{2}, "a"), one) },
		"another key":          func() ([]byte, error) { return other.Open(here, one) },
		"changed":              func() ([]byte, error) { return box.Open(here, changed) },
		"short":                func() ([]byte, error) { return box.Open(here, one[:5]) },
	} {
		if _, err := try(); lab.CodeOf(err) != "seal_open" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if box.Index(lab.ID{1}, "919876543210") == box.Index(lab.ID{2}, "919876543210") {
		t.Error("two organisations see the same number")
	}
	for _, k := range []telemetry.Secret{"", "x", "AAAA"} {
		if _, err := seal.New(k); err == nil {
			t.Errorf("%d characters make a key", len(k.Reveal()))
		}
	}
}

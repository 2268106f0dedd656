package profile_test

import (
	"testing"

	"jaanch/internal/instruments/astm"
	"jaanch/internal/instruments/profile"
)

// TestLinkASTM: the quirks of a line are the profile's; an instrument without any gets the standard's.
func TestLinkASTM(t *testing.T) {
	t.Parallel()
	set, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		id   string
		want astm.Options
	}{
		{"roche-elecsys", astm.Options{Packing: astm.WholeMessage, FrameText: 240}},
		{"horiba-abx", astm.Options{LenientENQ: true, BlocksSOH: true, AnyNumber: true, FrameText: 240}},
		{profile.GenericASTM, astm.Options{LenientENQ: true, BlocksSOH: true, FrameText: 240}},
		{"sysmex-xn", astm.Options{FrameText: 240}},
	} {
		p, ok := set.Get(c.id)
		if !ok {
			t.Fatalf("no profile %s", c.id)
		}
		if got := p.Link.ASTM(); got != c.want {
			t.Errorf("%s: %+v, want %+v", c.id, got, c.want)
		}
	}
}

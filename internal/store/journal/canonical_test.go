package journal_test

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"

	"github.com/fxamacker/cbor/v2"
	"pgregory.net/rapid"
)

// library gives the deterministic mode of the CBOR library, the yardstick of what is written by hand.
func library(t rapid.TB, v any) []byte {
	t.Helper()
	mode, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		t.Fatal(err)
	}
	out, err := mode.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func anyValue() *rapid.Generator[any] {
	return rapid.OneOf(
		rapid.Just(any(nil)),
		rapid.Map(rapid.Int64(), func(v int64) any { return v }),
		rapid.Map(rapid.String(), func(v string) any { return v }),
		rapid.Map(rapid.SliceOfN(rapid.Byte(), 0, 300), func(v []byte) any { return append([]byte{}, v...) }),
		rapid.Map(rapid.Float64(), func(v float64) any { return v }),
		rapid.SampledFrom([]any{0.5, 65504.0, 1e-8, 3.4e38, math.Inf(1), math.Copysign(0, -1), 5.1, int64(math.MinInt64), int64(math.MaxInt64)}),
	)
}

func TestFieldsAreDeterministicCBOR(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		fields := rapid.MapOf(rapid.IntRange(-70000, 70000), anyValue()).Draw(t, "fields")
		got, err := journal.AppendFields(nil, fields)
		if err != nil {
			t.Fatal(err)
		}
		if want := library(t, fields); !bytes.Equal(got, want) {
			t.Fatalf("got  %x\nwant %x", got, want)
		}
		back, err := journal.DecodeFields(got)
		if err != nil {
			t.Fatal(err)
		}
		again, err := journal.AppendFields(nil, back)
		if err != nil || !bytes.Equal(again, got) {
			t.Fatalf("round trip: %x, %v", again, err)
		}
	})
}

func TestBaseIsDeterministicCBOR(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		base := rapid.MapOf(rapid.IntRange(0, 300), rapid.Int64Min(0)).Draw(t, "base")
		got := journal.AppendBase(nil, base)
		if want := library(t, base); !bytes.Equal(got, want) {
			t.Fatalf("got  %x\nwant %x", got, want)
		}
	})
}

func TestHeaderIsDeterministicCBOR(t *testing.T) {
	t.Parallel()
	e := journal.Entry{
		Seq: 70000, Epoch: 2, TxID: 9, Entity: 3, Record: lab.ID{1}, Op: journal.OpAmend, HLC: journal.MakeHLC(1795253400000, 7),
		WallMS: 1795253400000, ZoneMin: -330, Actor: "user:x", Reason: "typing_error", Schema: 4, Base: map[int]int64{2: 9, 1: 4},
	}
	want := library(t, []any{
		e.Seq, e.Epoch, e.TxID, e.Entity, e.Record[:], nil, "amend", uint64(e.HLC), e.WallMS, e.ZoneMin, "user:x", nil, nil,
		"typing_error", 4,
		map[int]int64{1: 4, 2: 9},
	})
	if got := e.AppendHeader(nil); !bytes.Equal(got, want) {
		t.Fatalf("got  %x\nwant %x", got, want)
	}
	bare := journal.Entry{Seq: 1, Op: journal.OpEpoch, OriginPos: []byte{1}, Subject: lab.ID{2}, Session: "s"}
	want = library(t, []any{1, 0, 0, nil, nil, bare.Subject[:], "epoch", 0, 0, 0, "", "s", []byte{1}, nil, 0, nil})
	if got := bare.AppendHeader(nil); !bytes.Equal(got, want) {
		t.Fatalf("got  %x\nwant %x", got, want)
	}
}

func TestWhatCannotBeJournalled(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]any{"bad text": "\xff", "struct": struct{}{}, "bool": true, "uint": uint64(1)} {
		if _, err := journal.AppendFields(nil, map[int]any{1: v}); !errors.Is(err, journal.ErrValue) {
			t.Errorf("%s: error = %v", name, err)
		}
	}
	for name, b := range map[string][]byte{
		"same key twice":    {0xa2, 0x01, 0x01, 0x01, 0x02},
		"indefinite length": {0xbf, 0x01, 0x01, 0xff},
		"tag":               {0xa1, 0x01, 0xc0, 0x60},
		"rest behind":       {0xa0, 0x00},
		"no map":            {0x01},
		"bad text":          {0xa1, 0x01, 0x61, 0xff},
	} {
		if got, err := journal.DecodeFields(b); err == nil {
			t.Errorf("%s: decoded as %v", name, got)
		}
	}
}

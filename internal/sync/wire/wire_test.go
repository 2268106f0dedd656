package wire_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"flag"
	"os"
	"testing"

	"pgregory.net/rapid"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
	"jaanch/internal/sync/wire"
)

var update = flag.Bool("update", false, "write the golden vectors anew")

func signer() ed25519.PrivateKey { return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32)) }

func codec(t testing.TB) *wire.Codec {
	t.Helper()
	c, err := wire.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// sealed makes a signed batch of the entries, numbered from 1.
func sealed(t testing.TB, device lab.ID, entries []journal.Entry, keys map[lab.ID][]byte) *wire.Push {
	t.Helper()
	p := &wire.Push{Device: device, Epoch: 1, FirstSeq: 1, PrevHash: journal.Genesis(device), Schema: 3, Keys: keys, HLCNow: 5, Pending: 12}
	previous := p.PrevHash
	for i, e := range entries {
		e.Seq, e.Epoch = int64(i)+1, 1
		if _, err := e.Seal(previous, keys[e.Subject]); err != nil {
			t.Fatal(err)
		}
		previous = e.Hash
		p.Items = append(p.Items, wire.Item{Entry: e})
	}
	p.Sign(signer())
	return p
}

func sample() ([]journal.Entry, map[lab.ID][]byte) {
	person, result := lab.ID{1, 1}, lab.ID{2, 2}
	keys := map[lab.ID][]byte{person: bytes.Repeat([]byte{9}, 32)}
	at := int64(1_795_000_000_000)
	return []journal.Entry{
		{TxID: 1, Entity: 1, Record: person, Subject: person, Op: journal.OpInsert, HLC: journal.MakeHLC(at, 0), WallMS: at, ZoneMin: 330, Actor: "user:a", Session: "s1", Reason: "register", Schema: 3, Fields: map[int]any{3: "F", 4: int64(40)}, PHI: map[int]any{1: "Asha Sharma", journal.FieldSaid: "as told"}},
		{TxID: 1, Entity: 7, Record: result, Op: journal.OpInsert, HLC: journal.MakeHLC(at, 1), WallMS: at - 20, ZoneMin: 330, Actor: "instrument:b", Schema: 3, Fields: map[int]any{1: "6.8", 2: nil, 5: 6.8, 6: []byte{1, 2}}},
		{TxID: 2, Entity: 7, Record: result, Op: journal.OpApplied, HLC: journal.MakeHLC(at+9, 0), WallMS: at, ZoneMin: 0, Actor: "hub", OriginPos: []byte{0x83, 1, 2, 3}, Schema: 2, Base: map[int]int64{1: 1 << 41}, Fields: map[int]any{1: "x"}},
		{TxID: 3, Op: journal.OpEpoch, HLC: journal.MakeHLC(at+9, 65535), WallMS: at, Actor: "system", Schema: 4, Fields: map[int]any{1: int64(2)}},
	}, keys
}

// What the hub computes from the received columns is what the node wrote.
func TestRoundTrip(t *testing.T) {
	t.Parallel()
	c := codec(t)
	entries, keys := sample()
	sent := sealed(t, lab.ID{5}, entries, keys)
	body, err := c.EncodePush(sent)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.DecodePush(body)
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Verify(signer().Public().(ed25519.PublicKey)); err != nil {
		t.Fatal(err)
	}
	for i := range got.Items {
		g, s := got.Items[i].Entry, sent.Items[i].Entry
		if !bytes.Equal(g.Hash, s.Hash) || g.Actor != s.Actor || g.WallMS != s.WallMS || g.ZoneMin != s.ZoneMin {
			t.Errorf("entry %d differs: %+v and %+v", i, g, s)
		}
	}
	if v := got.Items[0].Entry.PHI[1]; v != "Asha Sharma" {
		t.Errorf("personal field arrived as %v", v)
	}
	if got.Items[2].Entry.Fields != nil {
		t.Error("an applied entry must travel without its fields")
	}
	if got.Pending != 12 {
		t.Errorf("pending arrived as %d", got.Pending)
	}
}

// The bytes before packing never change for the same batch, or nodes and hubs of two releases would not agree. The
// packed form may: zstd promises only that it unpacks.
func TestGoldenVector(t *testing.T) {
	t.Parallel()
	c := codec(t)
	entries, keys := sample()
	p := sealed(t, lab.ID{5}, entries, keys)
	const file = "testdata/push_v1.hex"
	if *update {
		body, err := c.EncodePush(p)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(hex.EncodeToString(body)+"\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	body, err := hex.DecodeString(string(bytes.TrimSpace(text)))
	if err != nil {
		t.Fatal(err)
	}
	old, err := c.DecodePush(body)
	if err != nil {
		t.Fatal(err)
	}
	if err := old.Verify(signer().Public().(ed25519.PublicKey)); err != nil {
		t.Fatal(err)
	}
	again, err := c.EncodePush(p)
	if err != nil {
		t.Fatal(err)
	}
	var was, is map[int]any
	if err := c.Unmarshal(body, &was); err != nil {
		t.Fatal(err)
	}
	if err := c.Unmarshal(again, &is); err != nil {
		t.Fatal(err)
	}
	if a, b := plain(t, c, was), plain(t, c, is); !bytes.Equal(a, b) {
		t.Errorf("the batch is written differently now:\n%x\n%x", a, b)
	}
}

func plain(t *testing.T, c *wire.Codec, m map[int]any) []byte {
	t.Helper()
	b, err := c.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Whatever is altered on the way, the batch is refused.
func TestTampering(t *testing.T) {
	t.Parallel()
	entries, keys := sample()
	cases := map[string]func(p *wire.Push){
		"field":        func(p *wire.Push) { p.Items[1].RawFields[len(p.Items[1].RawFields)-1] ^= 1 },
		"personal":     func(p *wire.Push) { p.Items[0].RawPHI[3] ^= 1 },
		"author":       func(p *wire.Push) { p.Items[1].Entry.Actor = "user:z" },
		"time":         func(p *wire.Push) { p.Items[1].Entry.WallMS++ },
		"base":         func(p *wire.Push) { p.Items[2].Entry.Base[1]++ },
		"digest":       func(p *wire.Push) { p.Items[2].Entry.Digest[0] ^= 1 },
		"order":        func(p *wire.Push) { p.Items[0], p.Items[1] = p.Items[1], p.Items[0] },
		"missing":      func(p *wire.Push) { p.Items = p.Items[:3] },
		"previous":     func(p *wire.Push) { p.PrevHash[0] ^= 1 },
		"signature":    func(p *wire.Push) { p.Sig[0] ^= 1 },
		"device":       func(p *wire.Push) { p.Device[3] ^= 1 },
		"key":          func(p *wire.Push) { p.Keys[p.Items[0].Entry.Subject][0] ^= 1 },
		"key is short": func(p *wire.Push) { p.Keys[p.Items[0].Entry.Subject] = []byte{1} },
	}
	for name, spoil := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := codec(t)
			body, err := c.EncodePush(sealed(t, lab.ID{5}, entries, keys))
			if err != nil {
				t.Fatal(err)
			}
			p, err := c.DecodePush(body)
			if err != nil {
				t.Fatal(err)
			}
			spoil(p)
			if err := p.Verify(signer().Public().(ed25519.PublicKey)); err == nil {
				t.Fatal("the altered batch was taken")
			}
		})
	}
}

// Erased personal fields leave their digest, and the chain still holds.
func TestErasedEntryStillVerifies(t *testing.T) {
	t.Parallel()
	c := codec(t)
	entries, keys := sample()
	p := sealed(t, lab.ID{5}, entries, keys)
	p.Items[0].Erased = true
	p.Items[0].Entry.PHI = nil
	p.Keys = nil
	body, err := c.EncodePush(p)
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.DecodePush(body)
	if err != nil {
		t.Fatal(err)
	}
	if err := got.Verify(signer().Public().(ed25519.PublicKey)); err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(body, []byte("Asha")) || len(got.Items[0].Entry.PHI) != 0 {
		t.Error("the erased name is still on the wire")
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	entry := func(tx int64, text int) journal.Entry {
		return journal.Entry{Epoch: 1, TxID: tx, Fields: map[int]any{1: string(make([]byte, text))}}
	}
	epoch := entry(3, 1)
	epoch.Epoch = 2
	cases := []struct {
		name    string
		entries []journal.Entry
		changes int
		bytes   int
		want    int
	}{
		{"all fit", []journal.Entry{entry(1, 1), entry(1, 1), entry(2, 1)}, 10, 1000, 3},
		{"cut between updates", []journal.Entry{entry(1, 1), entry(2, 1), entry(2, 1), entry(2, 1)}, 3, 1000, 1},
		{"one update too many alone", []journal.Entry{entry(1, 1), entry(1, 1), entry(1, 1), entry(2, 1)}, 2, 1000, 3},
		{"bytes", []journal.Entry{entry(1, 400), entry(2, 400), entry(3, 400)}, 10, 1000, 2},
		{"one update too big alone", []journal.Entry{entry(1, 4000), entry(2, 1)}, 10, 1000, 1},
		{"never over an epoch", []journal.Entry{entry(1, 1), entry(2, 1), epoch}, 10, 1000, 2},
		{"exactly full", []journal.Entry{entry(1, 1), entry(2, 1)}, 2, 1000, 2},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			if got := wire.Cut(tc.entries, tc.changes, tc.bytes); got != tc.want {
				t.Errorf("got %d, want %d", got, tc.want)
			}
		})
	}
}

// Noise, cut bodies and bombs are refused, never a panic.
func TestHostileBodies(t *testing.T) {
	t.Parallel()
	c := codec(t)
	entries, keys := sample()
	good, err := c.EncodePush(sealed(t, lab.ID{5}, entries, keys))
	if err != nil {
		t.Fatal(err)
	}
	bomb, err := c.Marshal(make([]byte, wire.MaxPlain+1))
	if err != nil {
		t.Fatal(err)
	}
	bodies := [][]byte{nil, {}, []byte("hello"), good[:len(good)/2], bomb, make([]byte, wire.MaxPacked+1)}
	for i, b := range bodies {
		if _, err := c.DecodePush(b); err == nil {
			t.Errorf("body %d was taken", i)
		}
	}
}

func FuzzDecodePush(f *testing.F) {
	c := codec(f)
	entries, keys := sample()
	good, err := c.EncodePush(sealed(f, lab.ID{5}, entries, keys))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Fuzz(func(_ *testing.T, body []byte) {
		p, err := c.DecodePush(body)
		if err == nil {
			_ = p.Verify(signer().Public().(ed25519.PublicKey))
		}
	})
}

func TestAnyChainSurvives(t *testing.T) {
	t.Parallel()
	c := codec(t)
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 30).Draw(rt, "n")
		keys := map[lab.ID][]byte{}
		entries := make([]journal.Entry, n)
		for i := range entries {
			e := &entries[i]
			e.TxID = rapid.Int64Range(-5, 1<<50).Draw(rt, "tx")
			e.Entity = rapid.IntRange(0, 40).Draw(rt, "entity")
			e.Record = lab.ID{byte(rapid.IntRange(0, 6).Draw(rt, "record"))}
			e.Op = rapid.SampledFrom([]journal.Op{journal.OpInsert, journal.OpUpdate, journal.OpTombstone, journal.OpAmend, journal.OpErase}).Draw(rt, "op")
			e.HLC = journal.MakeHLC(rapid.Int64Range(0, 1<<46).Draw(rt, "ms"), rapid.Uint16().Draw(rt, "counter"))
			e.WallMS = rapid.Int64Range(-1, 1<<46).Draw(rt, "wall")
			e.ZoneMin = rapid.IntRange(-720, 840).Draw(rt, "zone")
			e.Actor = rapid.StringN(0, 5, -1).Draw(rt, "actor")
			e.Reason = rapid.StringN(0, 5, -1).Draw(rt, "reason")
			e.Schema = rapid.IntRange(0, 99).Draw(rt, "schema")
			e.Fields = map[int]any{rapid.IntRange(-2, 300).Draw(rt, "field"): rapid.StringN(0, 40, -1).Draw(rt, "value")}
			if rapid.Bool().Draw(rt, "based") {
				e.Base = map[int]int64{rapid.IntRange(0, 9).Draw(rt, "group"): rapid.Int64().Draw(rt, "rv")}
			}
			if rapid.Bool().Draw(rt, "personal") {
				e.Subject = lab.ID{200, byte(i % 3)}
				keys[e.Subject] = bytes.Repeat([]byte{byte(i % 3)}, 32)
				e.PHI = map[int]any{1: rapid.StringN(0, 40, -1).Draw(rt, "name")}
			}
		}
		body, err := c.EncodePush(sealed(t, lab.ID{5}, entries, keys))
		if err != nil {
			rt.Fatal(err)
		}
		p, err := c.DecodePush(body)
		if err != nil {
			rt.Fatal(errors.Unwrap(err), err)
		}
		if err := p.Verify(signer().Public().(ed25519.PublicKey)); err != nil {
			rt.Fatal(err)
		}
	})
}

// A change of one field costs at most 25 bytes in a batch of 1000, hash and signature included.
func TestBytesPerChange(t *testing.T) {
	t.Parallel()
	entries := make([]journal.Entry, 1000)
	at := int64(1_795_000_000_000)
	for i := range entries {
		at += int64(400 + i*7919%9000)
		entries[i] = journal.Entry{
			TxID: int64(i + 1), Entity: 7, Record: lab.ID{1, 0x9d, byte(i / 8 >> 8), byte(i / 8), 7: byte(i * 31), 9: byte(i / 8 * 17), 12: byte(i / 8 * 59)},
			Op: journal.OpUpdate, HLC: journal.MakeHLC(at, 0), WallMS: at, ZoneMin: 330, Actor: "user:0199c0de-0000-7000-8000-000000000001",
			Session: "k3v9", Schema: 3, Base: map[int]int64{2: 1<<40 + int64(i%900)}, Fields: map[int]any{5: []string{"5.1", "12.8", "140", "98"}[i%4]},
		}
	}
	body, err := codec(t).EncodePush(sealed(t, lab.ID{5}, entries, nil))
	if err != nil {
		t.Fatal(err)
	}
	per := float64(len(body)) / float64(len(entries))
	t.Logf("%.1f bytes a change", per)
	if per > 25 {
		t.Errorf("%.1f bytes a change, at most 25 are allowed", per)
	}
}

package journal_test

import (
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/store/journal"
)

var update = flag.Bool("update", false, "write the golden files anew")

// vector is one entry with every byte that follows from it. Node, hub and any later program must agree on them.
type vector struct {
	Name      string `json:"name"`
	Device    string `json:"device"`
	Previous  string `json:"previous"`
	Key       string `json:"key,omitempty"`
	Header    string `json:"header"`
	Fields    string `json:"fields"`
	PHI       string `json:"phi,omitempty"`
	Salt      string `json:"salt,omitempty"`
	PHIDigest string `json:"phi_digest,omitempty"`
	Digest    string `json:"digest"`
	Hash      string `json:"hash"`
}

func vectors(t *testing.T) []vector {
	t.Helper()
	device := lab.ID{0x01, 0x97, 0x0a, 0xbc, 0xde, 0xf0, 0x70, 0x00, 0x80, 0, 0, 0, 0, 0, 0, 1}
	patient := lab.ID{0x01, 0x97, 0x0a, 0xbc, 0xde, 0xf1, 0x70, 0x00, 0x80, 0, 0, 0, 0, 0, 0, 2}
	key := bytes.Repeat([]byte{0x5a}, journal.KeySize)
	entries := []struct {
		name string
		e    journal.Entry
	}{
		{"insert with personal fields", journal.Entry{
			Seq: 1, Epoch: 1, TxID: 1, Entity: 1, Record: patient, Subject: patient, Op: journal.OpInsert,
			HLC: journal.MakeHLC(1795253400000, 0), WallMS: 1795253400000, ZoneMin: 330, Actor: "user:" + device.String(),
			Session: "s1", Reason: "registered", Schema: 1,
			Fields: map[int]any{3: "f", 4: int64(-1), 5: 61.5}, PHI: map[int]any{1: "Asha Sharma", 2: "आशा"},
		}},
		{"update without personal fields", journal.Entry{
			Seq: 2, Epoch: 1, TxID: 2, Entity: 1, Record: patient, Op: journal.OpUpdate,
			HLC: journal.MakeHLC(1795253400000, 1), WallMS: 1795253399000, ZoneMin: 330, Actor: "system", Schema: 1,
			Base: map[int]int64{1: 1 << 40, 2: 7}, Fields: map[int]any{3: nil, 6: []byte{1, 2, 3}},
		}},
		{"applied", journal.Entry{
			Seq: 3, Epoch: 1, TxID: 3, Entity: 1, Record: patient, Op: journal.OpApplied,
			HLC: journal.MakeHLC(1795253400000, 2), WallMS: 1795000000000, ZoneMin: 0, Actor: "hub:" + device.String(),
			OriginPos: []byte{0x83, 0x01, 0x02, 0x03}, Reason: "catalogue", Schema: 1,
			Fields: map[int]any{journal.FieldDeleted: int64(1), journal.FieldResolves: patient.Bytes()},
		}},
		{"new epoch", journal.Entry{
			Seq: 4, Epoch: 2, TxID: 4, Op: journal.OpEpoch, HLC: journal.MakeHLC(1795253500000, 0), WallMS: 1795253500000,
			ZoneMin: 330, Actor: "system", Reason: "restore", Schema: 1,
			Fields: map[int]any{journal.EpochCommon: int64(2), journal.EpochLastSeq: int64(3)},
		}},
	}
	previous := journal.Genesis(device)
	out := make([]vector, 0, len(entries))
	for _, c := range entries {
		e := c.e
		parts, err := e.Seal(previous, key)
		if err != nil {
			t.Fatal(err)
		}
		v := vector{
			Name: c.name, Device: device.String(), Previous: hex.EncodeToString(previous),
			Header: hex.EncodeToString(e.AppendHeader(nil)), Fields: hex.EncodeToString(parts.Fields),
			PHI: hex.EncodeToString(parts.PHI), PHIDigest: hex.EncodeToString(e.PHIDigest),
			Digest: hex.EncodeToString(e.Digest), Hash: hex.EncodeToString(e.Hash),
		}
		if parts.PHI != nil {
			v.Key, v.Salt = hex.EncodeToString(key), hex.EncodeToString(journal.Salt(key, e.Epoch, e.Seq))
		}
		out = append(out, v)
		previous = e.Hash
	}
	return out
}

func TestGoldenVectors(t *testing.T) {
	t.Parallel()
	got, err := json.MarshalIndent(vectors(t), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	got = append(got, '\n')
	const path = "testdata/entries.golden.json"
	if *update {
		if err := os.WriteFile(path, got, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Fatalf("entries have other bytes than those that are out in the world:\n%s", got)
	}
}

func TestPersonalFieldsNeedASubjectAndItsKey(t *testing.T) {
	t.Parallel()
	e := journal.Entry{Seq: 1, PHI: map[int]any{1: "Asha Sharma"}}
	if _, err := e.Seal(nil, bytes.Repeat([]byte{1}, journal.KeySize)); err == nil {
		t.Error("sealed personal fields of nobody")
	}
	e.Subject = lab.ID{1}
	if _, err := e.Seal(nil, nil); err == nil {
		t.Error("sealed personal fields without a key")
	}
}

func TestClock(t *testing.T) {
	t.Parallel()
	var h journal.HLC
	for _, step := range []struct {
		wall int64
		want journal.HLC
	}{
		{1000, journal.MakeHLC(1000, 0)},
		{1000, journal.MakeHLC(1000, 1)},
		{900, journal.MakeHLC(1000, 2)}, // the wall clock was set back
		{-5, journal.MakeHLC(1000, 3)},
		{2000, journal.MakeHLC(2000, 0)},
	} {
		if h = h.Next(step.wall); h != step.want {
			t.Fatalf("at %d: %d.%d", step.wall, h.Millis(), h.Counter())
		}
	}
	if h = journal.MakeHLC(5, 0xffff).Next(5); h != journal.MakeHLC(6, 0) {
		t.Fatalf("full counter: %d.%d", h.Millis(), h.Counter())
	}
	if h = journal.MakeHLC(5, 1).Receive(journal.MakeHLC(9, 4)).Next(7); h != journal.MakeHLC(9, 5) {
		t.Fatalf("after a reading from elsewhere: %d.%d", h.Millis(), h.Counter())
	}
	if h = journal.MakeHLC(9, 1).Receive(journal.MakeHLC(5, 4)); h != journal.MakeHLC(9, 1) {
		t.Fatalf("an old reading moved the clock: %d.%d", h.Millis(), h.Counter())
	}
}

func TestSignedHead(t *testing.T) {
	t.Parallel()
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{3}, ed25519.SeedSize))
	public, _ := key.Public().(ed25519.PublicKey)
	h := journal.SignedHead{Device: lab.ID{1}, Epoch: 1, Seq: 9, WallMS: 5, Hash: bytes.Repeat([]byte{2}, journal.HashSize)}.Sign(key)
	text, err := h.Encode()
	if err != nil {
		t.Fatal(err)
	}
	back, err := journal.ParseHead(text)
	if err != nil || back.Check(public) != nil {
		t.Fatal(err, back.Check(public))
	}
	for name, change := range map[string]func(h *journal.SignedHead){
		"device": func(h *journal.SignedHead) { h.Device[3]++ },
		"epoch":  func(h *journal.SignedHead) { h.Epoch++ },
		"seq":    func(h *journal.SignedHead) { h.Seq-- },
		"time":   func(h *journal.SignedHead) { h.WallMS++ },
		"hash":   func(h *journal.SignedHead) { h.Hash = bytes.Repeat([]byte{4}, journal.HashSize) },
		"short":  func(h *journal.SignedHead) { h.Hash = nil },
	} {
		forged := back
		change(&forged)
		if !errors.Is(forged.Check(public), journal.ErrHead) {
			t.Errorf("%s: accepted", name)
		}
	}
	if !errors.Is(back.Check(nil), journal.ErrHead) {
		t.Error("accepted without a key")
	}
}

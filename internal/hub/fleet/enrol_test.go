package fleet_test

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"strings"
	"testing"
	"time"

	"jaanch/internal/hub/fleet"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/pgtest"
	"jaanch/internal/sync/wire"
	"jaanch/internal/telemetry"
)

type world struct {
	*fleet.Fleet

	org, lab lab.ID
	now      time.Time
}

func setup(t *testing.T) *world {
	t.Helper()
	w := &world{now: time.Date(2026, 11, 21, 6, 0, 0, 0, time.UTC)}
	next := byte(0)
	w.Fleet = &fleet.Fleet{
		DB: pgtest.New(t), Clock: func() time.Time { return w.now }, Logger: telemetry.Discard(),
		NewID: func() lab.ID { next++; return lab.ID{0xee, next} },
	}
	org, err := w.AddOrg(context.Background(), "Demo")
	if err != nil {
		t.Fatal(err)
	}
	l, err := w.AddLab(context.Background(), org.ID, "Main", "")
	if err != nil {
		t.Fatal(err)
	}
	w.org, w.lab = org.ID, l.ID
	return w
}

func (w *world) code(t *testing.T) string {
	t.Helper()
	c, err := w.NewCode(context.Background(), w.org, w.lab, "test")
	if err != nil {
		t.Fatal(err)
	}
	return c.Text
}

func request(seed byte, code string) wire.EnrolRequest {
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32))
	public := key.Public().(ed25519.PublicKey)
	device := lab.ID{0xd0, seed}
	return wire.EnrolRequest{Code: code, Device: device, PublicKey: public, Name: "PC", NodeCode: "K7", Signature: ed25519.Sign(key, wire.EnrolStatement(code, device, public))}
}

func (w *world) enrol(r wire.EnrolRequest) (wire.EnrolReply, error) {
	return w.Enrol(context.Background(), r)
}

// A code works once, however it is typed, and the second node gets another pair of characters.
func TestCodeOnce(t *testing.T) {
	t.Parallel()
	w := setup(t)
	code := w.code(t)
	if len(strings.ReplaceAll(code, "-", "")) != 13 {
		t.Fatalf("code %q", code)
	}
	reply, err := w.enrol(request(1, strings.ToLower(strings.ReplaceAll(code, "-", " "))))
	if err != nil || reply.NodeCode != "K7" || reply.Lab != w.lab || reply.Org != w.org {
		t.Fatalf("%+v %v", reply, err)
	}
	if _, err := w.enrol(request(2, code)); lab.CodeOf(err) != "enrol_code" {
		t.Errorf("a used code: %v", err)
	}
	second, err := w.enrol(request(2, w.code(t)))
	if err != nil || second.NodeCode == "K7" || len(second.NodeCode) != 2 {
		t.Errorf("the second node: %+v %v", second, err)
	}
	if _, err := w.enrol(request(1, w.code(t))); lab.CodeOf(err) != "device_known" {
		t.Errorf("the same node again: %v", err)
	}
}

// Five wrong tries void a code, also for who then knows it.
func TestFiveTries(t *testing.T) {
	t.Parallel()
	w := setup(t)
	code := w.code(t)
	last := "0"
	if strings.HasSuffix(code, "0") {
		last = "1"
	}
	wrong := code[:len(code)-1] + last
	for range 4 {
		if _, err := w.enrol(request(1, wrong)); lab.CodeOf(err) != "enrol_code" {
			t.Fatalf("a wrong code: %v", err)
		}
	}
	good := w.code(t)
	if _, err := w.enrol(request(3, good)); err != nil {
		t.Fatalf("another code is not touched: %v", err)
	}
	if _, err := w.enrol(request(1, wrong)); lab.CodeOf(err) != "enrol_code" {
		t.Fatal(err)
	}
	if _, err := w.enrol(request(1, code)); lab.CodeOf(err) != "enrol_code" {
		t.Errorf("after five wrong tries the right code still works: %v", err)
	}
}

func TestCodeExpires(t *testing.T) {
	t.Parallel()
	w := setup(t)
	code := w.code(t)
	w.now = w.now.Add(24*time.Hour + time.Second)
	if _, err := w.enrol(request(1, code)); lab.CodeOf(err) != "enrol_code" {
		t.Errorf("got %v", err)
	}
}

// Who does not hold the key gets in nowhere: not with another's public key, not with an old nonce, not twice with one.
func TestProofs(t *testing.T) {
	t.Parallel()
	w := setup(t)
	ctx := context.Background()
	forged := request(1, w.code(t))
	forged.PublicKey = request(2, forged.Code).PublicKey
	if _, err := w.enrol(forged); lab.CodeOf(err) != "enrol_signature" {
		t.Errorf("another's key: %v", err)
	}
	r := request(1, w.code(t))
	if _, err := w.enrol(r); err != nil {
		t.Fatal(err)
	}
	session := func(seed byte, nonce []byte) (wire.SessionReply, error) {
		key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{seed}, 32))
		return w.Session(ctx, wire.SessionRequest{Org: w.org, Device: r.Device, Nonce: nonce, Signature: ed25519.Sign(key, wire.SessionStatement(w.org, r.Device, nonce))})
	}
	nonce := func() []byte {
		n, err := w.Nonce(ctx, wire.NonceRequest{Org: w.org, Device: r.Device})
		if err != nil {
			t.Fatal(err)
		}
		return n.Nonce
	}
	one := nonce()
	s, err := session(1, one)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := session(1, one); lab.CodeOf(err) != "sync_session" {
		t.Errorf("a nonce twice: %v", err)
	}
	if _, err := session(2, nonce()); lab.CodeOf(err) != "sync_session" {
		t.Errorf("a wrong key: %v", err)
	}
	late := nonce()
	w.now = w.now.Add(2 * time.Minute)
	if _, err := session(1, late); lab.CodeOf(err) != "sync_session" {
		t.Errorf("an old nonce: %v", err)
	}
	if d, err := w.Authenticate(ctx, "Bearer "+s.Token); err != nil || d.ID != r.Device || d.Lab != w.lab {
		t.Errorf("%+v %v", d, err)
	}
	w.now = w.now.Add(14 * time.Minute)
	for _, header := range []string{"", "Bearer", "Bearer " + s.Token, "Bearer x.y.z", s.Token} {
		if _, err := w.Authenticate(ctx, header); lab.KindOf(err) != lab.KindUnauthenticated {
			t.Errorf("%.20q: %v", header, err)
		}
	}
}

package credential_test

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"jaanch/internal/hub/credential"
	"jaanch/internal/hub/seal"
	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/pgtest"
	"jaanch/internal/store/postgres/queries"
	"jaanch/internal/telemetry"
)

func TestCredentialsAreSealedAndOfOneOrganisation(t *testing.T) {
	t.Parallel()
	db := pgtest.New(t)
	box, err := seal.New(telemetry.Secret(base64.StdEncoding.EncodeToString(bytes.Repeat([]byte{3}, 32))))
	if err != nil {
		t.Fatal(err)
	}
	k := &credential.Keeper{DB: db, Box: box, Clock: time.Now, Env: func(name string) string {
		return map[string]string{"TWILIO_AUTH_TOKEN": "from the environment"}[name]
	}}
	one, two := lab.ID{1}, lab.ID{2}
	add := func(id lab.ID) {
		t.Helper()
		if err := db.Queries().InsertOrg(t.Context(), db.Pool(), queries.InsertOrgParams{ID: id, Name: "x", CreatedAt: time.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	add(one)
	if s, err := k.Get(t.Context(), one, "twilio"); err != nil || s["token"].Reveal() != "from the environment" {
		t.Errorf("%v %v", s, err)
	}
	add(two)
	if _, err := k.Get(t.Context(), one, "twilio"); lab.CodeOf(err) != "credentials_missing" {
		t.Errorf("with two organisations the environment is nobody's: %v", err)
	}
	for range 2 {
		if err := k.Put(t.Context(), one, "razorpay", credential.Set{"key": "rzp_1", "secret": "s3cret"}); err != nil {
			t.Fatal(err)
		}
	}
	s, err := k.Get(t.Context(), one, "razorpay")
	if err != nil || s["secret"].Reveal() != "s3cret" || fmt.Sprint(s) != fmt.Sprint(credential.Set{"key": "", "secret": ""}) {
		t.Errorf("%v %v", s, err)
	}
	if _, err := k.Get(t.Context(), two, "razorpay"); lab.CodeOf(err) != "credentials_missing" {
		t.Errorf("another organisation: %v", err)
	}
	var sealed []byte
	if err := db.Pool().QueryRow(t.Context(), "SELECT sealed FROM credential").Scan(&sealed); err != nil || bytes.Contains(sealed, []byte("s3cret")) {
		t.Errorf("it stands in clear: %v", err)
	}
	for code, try := range map[string]func() error{
		"credential_name":    func() error { return k.Put(t.Context(), one, "razorpay", credential.Set{"colour": "red"}) },
		"credential_service": func() error { return k.Put(t.Context(), one, "nonsense", credential.Set{"key": "x"}) },
	} {
		if err := try(); lab.CodeOf(err) != code {
			t.Errorf("%s: %v", code, err)
		}
	}
}

package fhir_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"jaanch/internal/lab/fhir"
)

// A judge that is not ours: HL7's own JSON schema of R4 takes what we build, and refuses it with an element too many.
func TestBuiltRecordIsValidUnderHL7sSchema(t *testing.T) {
	t.Parallel()
	raw, err := os.ReadFile(filepath.Join(samples(t), "..", "schema", "fhir-r4.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("fhir.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("fhir.json")
	if err != nil {
		t.Fatal(err)
	}
	built, err := fhir.Build(report())
	if err != nil {
		t.Fatal(err)
	}
	for changed, valid := range map[string]bool{string(built.JSON()): true, string(bytes.Replace(built.JSON(), []byte(`"conclusion"`), []byte(`"konklusion"`), 1)): false} {
		v, err := jsonschema.UnmarshalJSON(bytes.NewReader([]byte(changed)))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(v); (err == nil) != valid {
			t.Errorf("valid %v: %v", valid, err)
		}
	}
}

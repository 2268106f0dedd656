package driver_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"jaanch/internal/instruments/driver"
)

// expected is what a capture's .json file says that a reader must extract. What a row leaves out is not compared.
type expected struct {
	Kind     string           `json:"kind"`
	Messages *int             `json:"messages"`
	Results  []map[string]any `json:"results"`
	Queries  []map[string]any `json:"queries"`
	Orders   []map[string]any `json:"orders"`
}

// TestCaptures decodes every capture under $JAANCH_SAMPLES and compares it with the file beside it: results in order,
// asked ids, orders, kind and number of messages. The captures have licences of their own and are no part of this repository.
func TestCaptures(t *testing.T) {
	t.Parallel()
	root := os.Getenv("JAANCH_SAMPLES")
	if root == "" {
		t.Skip("JAANCH_SAMPLES is not set: no captures to decode")
	}
	profiles := builtin(t)
	good, total := 0, 0
	for _, pattern := range []string{"astm/*.astm", "hl7/*.hl7"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			want, ok := readExpected(t, path)
			if !ok {
				continue
			}
			data, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			doc := driver.NewDocument(driver.Decode(profiles, data))
			total++
			if bad := compare(want, doc); len(bad) > 0 {
				t.Errorf("%s (%s): %d differ:\n  %s", filepath.Base(path), doc.Driver, len(bad), strings.Join(bad, "\n  "))
				continue
			}
			good++
			t.Logf("%s: ok, profile %s", filepath.Base(path), doc.Driver)
		}
	}
	t.Logf("%d of %d captures match", good, total)
	if total == 0 {
		t.Error("no captures under JAANCH_SAMPLES")
	}
}

func readExpected(t *testing.T, path string) (expected, bool) {
	t.Helper()
	var want expected
	data, err := os.ReadFile(strings.TrimSuffix(path, filepath.Ext(path)) + ".json")
	if err != nil {
		return want, false
	}
	if err := json.Unmarshal(data, &want); err != nil {
		t.Fatal(err)
	}
	return want, true
}

func compare(want expected, doc driver.Document) []string {
	var bad []string
	differ := func(format string, a ...any) { bad = append(bad, fmt.Sprintf(format, a...)) }
	if len(want.Results) != len(doc.Results) {
		differ("results: want %d, got %d", len(want.Results), len(doc.Results))
	}
	for i, row := range want.Results {
		got := map[string]any{}
		if i < len(doc.Results) {
			text, _ := json.Marshal(doc.Results[i])
			_ = json.Unmarshal(text, &got)
		}
		for _, f := range []string{"sample_id", "test_code", "value", "unit", "flag", "status", "timestamp"} {
			if w, ok := row[f]; ok && norm(w) != norm(got[f]) {
				differ("result %d %s: want %q, got %q", i, f, norm(w), norm(got[f]))
			}
		}
	}
	if w, g := asked(want), askedIn(doc); !reflect.DeepEqual(w, g) {
		differ("queries: want %q, got %q", w, g)
	}
	if want.Kind != "" && want.Kind != doc.Kind {
		differ("kind: want %s, got %s", want.Kind, doc.Kind)
	}
	if want.Messages != nil && *want.Messages != doc.Messages {
		differ("messages: want %d, got %d", *want.Messages, doc.Messages)
	}
	if want.Kind == "order" {
		var w, g []string
		for _, o := range want.Orders {
			w = append(w, fmt.Sprint(norm(o["sample_id"]), o["tests"]))
		}
		for _, o := range doc.Orders {
			g = append(g, fmt.Sprint(o.SampleID, o.Tests))
		}
		if !reflect.DeepEqual(w, g) {
			differ("orders: want %q, got %q", w, g)
		}
	}
	return bad
}

func norm(v any) string {
	if v == nil {
		return ""
	}
	return strings.TrimSpace(fmt.Sprint(v))
}

func asked(want expected) []string {
	var out []string
	for _, q := range want.Queries {
		ids, _ := q["sample_ids"].([]any)
		for _, id := range ids {
			out = append(out, norm(id))
		}
	}
	return out
}

func askedIn(doc driver.Document) []string {
	var out []string
	for _, q := range doc.Queries {
		out = append(out, q.SampleIDs...)
	}
	return out
}

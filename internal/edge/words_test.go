package edge_test

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"jaanch/internal/edge/bench"
	"jaanch/internal/edge/filing"
	"jaanch/internal/lab/result"
	"jaanch/internal/lab/sample"
)

// words reads the sentences of one language as the screens have them, by their dotted keys.
func words(t *testing.T, language string) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, dir := range []string{"shared/i18n", "edge/src/i18n"} {
		var tree map[string]any
		if err := json.Unmarshal(readFile(t, filepath.Join("..", "..", "web", filepath.FromSlash(dir), language+".json")), &tree); err != nil {
			t.Fatal(err)
		}
		flatten(out, "", tree)
	}
	return out
}

func flatten(out map[string]string, prefix string, tree map[string]any) {
	for k, v := range tree {
		switch v := v.(type) {
		case string:
			out[prefix+k] = v
		case map[string]any:
			flatten(out, prefix+k+".", v)
		}
	}
}

// A code that the node sends has a sentence in every language of the screens, with the gaps that the node fills.
func TestCodesHaveWords(t *testing.T) {
	t.Parallel()
	need := map[string]string{"hold." + filing.HoldUnit: ""}
	for _, code := range result.HoldCodes() {
		need["hold."+code] = result.NewHold(code).Text()
	}
	for _, code := range bench.InboxReasons() {
		need["inbox.reason."+code] = ""
	}
	for _, r := range sample.Reasons() {
		need["reject."+string(r)] = ""
	}
	for _, f := range []result.Flag{result.Low, result.High, result.CriticalLow, result.CriticalHigh, result.Abnormal} {
		need["flag."+string(f)] = ""
	}
	need["flag.unknown"] = "" // result.Uncertain
	if len(need) < 80 {
		t.Fatalf("only %d codes: the walk misses something", len(need))
	}
	gap := regexp.MustCompile(`\{+(\w+)\}+`)
	for _, language := range []string{"en", "hi"} {
		have := words(t, language)
		for key, text := range need {
			sentence := have[key]
			if strings.TrimSpace(sentence) == "" {
				t.Errorf("%s: no words for %s", language, key)
				continue
			}
			if text == "" {
				continue
			}
			filled := gap.FindAllStringSubmatch(text, -1)
			for _, g := range gap.FindAllStringSubmatch(sentence, -1) {
				if !slices.ContainsFunc(filled, func(f []string) bool { return f[1] == g[1] }) {
					t.Errorf("%s: %s has the gap %s, which nothing fills", language, key, g[1])
				}
			}
		}
	}
}

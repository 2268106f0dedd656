package tree_test

import (
	"strings"
	"testing"

	"jaanch/internal/lab"
	"jaanch/internal/lab/tree"
)

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	for raw, code := range map[string]string{
		``:                                   "document_not_json",
		`{`:                                  "document_not_json",
		`{"a":1}{}`:                          "document_not_json",
		`{"a":1} x`:                          "document_not_json",
		`{"a":{"b":1,"b":2}}`:                "document_name_twice",
		"{\"a\":\"\xff\"}":                   "document_not_utf8",
		strings.Repeat("[", 70):              "document_too_deep",
		`"` + strings.Repeat("x", 200) + `"`: "document_too_large",
	} {
		if _, err := tree.Parse([]byte(raw), 150); lab.CodeOf(err) != code {
			t.Errorf("%.40s: %v, want %s", raw, err, code)
		}
	}
}

func TestPathsAndRoundTrip(t *testing.T) {
	t.Parallel()
	const raw = `{"a":[{"b":"x"},{"b":1.50,"c":null}],"d":true}`
	v, err := tree.Parse([]byte(raw), 1000)
	if err != nil {
		t.Fatal(err)
	}
	if got := v.At("a").Items()[1].At("b"); got.Path() != "a[1].b" || got.Scalar() != "1.50" {
		t.Errorf("%s = %s", got.Path(), got.Scalar())
	}
	if got := v.Walk("x", "y"); got.Path() != "x.y" || got.Has() {
		t.Errorf("a missing value is %v at %s", got.Kind(), got.Path())
	}
	if string(v.JSON()) != raw {
		t.Errorf("written as %s", v.JSON())
	}
	if got := v.Placed().At("a").Items()[0].At("b").Path(); got != "a[0].b" {
		t.Errorf("placed at %s", got)
	}
}

func TestJudgeNamesThePath(t *testing.T) {
	t.Parallel()
	v, err := tree.Parse([]byte(`{"n":"1","m":1.5,"t":"","k":"z","l":{}}`), 1000)
	if err != nil {
		t.Fatal(err)
	}
	var j tree.Judge
	j.Int(v.At("n"))
	j.Int(v.At("m"))
	j.Text(v.At("t"))
	j.OneOf(v.At("k"), "a", "b")
	j.List(v.At("l"))
	j.Text(v.Walk("p", "q"))
	if n := j.LooseInt(v.At("n")); n != 1 {
		t.Errorf("loose %d", n)
	}
	want := "n kind, m whole_number, t empty, k value, l kind, p.q missing"
	var got []string
	for _, f := range j.Found() {
		got = append(got, f.Field+" "+f.Code)
	}
	if strings.Join(got, ", ") != want {
		t.Errorf("found %v", got)
	}
	if lab.KindOf(j.Err("x", "y")) != lab.KindInvalid {
		t.Error("no error")
	}
}

func TestMakeLeavesOutWhatIsEmpty(t *testing.T) {
	t.Parallel()
	got := string(tree.Of(tree.M("a", tree.T("")), tree.M("b", tree.L(nil)), tree.M("c", tree.I(3)), tree.M("d", tree.T("अ\"")), tree.M("e", tree.B(false))).JSON())
	if got != `{"c":3,"d":"अ\"","e":false}` {
		t.Error(got)
	}
}

package httpkit_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// TestEveryProblemHasASentence reads the program (what stands in commands alone is answered on the terminal) for every code that a problem document may bear, and asks that each has a
// sentence in every language of the screens: who meets a problem must learn what to do, not the name of a code.
func TestEveryProblemHasASentence(t *testing.T) {
	t.Parallel()
	codes := map[string]string{}
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == "node_modules" {
			return err
		}
		if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		return readCodes(path, codes)
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(codes) < 150 {
		t.Fatalf("only %d codes: the walk misses something", len(codes))
	}
	for _, language := range []string{"en", "hi"} {
		sentences := map[string]bool{}
		for _, dir := range []string{"shared/i18n", "edge/src/i18n", "hub/src/i18n"} {
			readSentences(t, filepath.Join("..", "..", "web", filepath.FromSlash(dir), language+".json"), sentences)
		}
		for code, path := range codes {
			if !sentences[code] {
				t.Errorf("%s: no sentence for problem.%s (%s)", language, code, path)
			}
		}
	}
}

func readSentences(t *testing.T, path string, into map[string]bool) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var tree struct {
		Problem map[string]string `json:"problem"`
	}
	if err := json.Unmarshal(text, &tree); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	for code, sentence := range tree.Problem {
		if strings.TrimSpace(sentence) != "" {
			into[code] = true
		}
	}
}

// readCodes collects the codes of one file: lab.Invalid("code", …) and its sisters, and Error{Code: "code"}. The code of a
// single field of a form is no problem of its own: the problem around it says what to do.
func readCodes(path string, into map[string]string) error {
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	ast.Inspect(file, func(n ast.Node) bool {
		code := ""
		switch n := n.(type) {
		case *ast.CallExpr:
			if makesProblem(n.Fun, file.Name.Name == "lab") && len(n.Args) > 0 {
				code = literal(n.Args[0])
			}
		case *ast.CompositeLit:
			if nameOf(n.Type) == "Error" {
				code = codeField(n)
			}
		}
		if code != "" {
			into[code] = path
		}
		return true
	})
	return nil
}

func makesProblem(fun ast.Expr, inLab bool) bool {
	if s, ok := fun.(*ast.SelectorExpr); ok {
		if nameOf(s.X) != "lab" {
			return false
		}
	} else if !inLab {
		return false
	}
	switch nameOf(fun) {
	case "Invalid", "NotFound", "Conflict", "Forbidden":
		return true
	}
	return false
}

func codeField(c *ast.CompositeLit) string {
	for _, e := range c.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok && nameOf(kv.Key) == "Code" {
			return literal(kv.Value)
		}
	}
	return ""
}

func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.SelectorExpr:
		return e.Sel.Name
	case *ast.Ident:
		return e.Name
	}
	return ""
}

func literal(e ast.Expr) string {
	b, ok := e.(*ast.BasicLit)
	if !ok {
		return ""
	}
	s, err := strconv.Unquote(b.Value)
	if err != nil {
		return ""
	}
	return s
}

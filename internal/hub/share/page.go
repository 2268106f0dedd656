package share

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"jaanch/internal/lab"
	"jaanch/internal/store/postgres/queries"
)

// Path is where the pages are.
const Path = "/r/"

// cookie holds the session of one link; the path of the link is its scope, so that one phone may open several.
const cookie = "jaanch_page"

//go:embed page
var pages embed.FS

// site is the page's parts, read once.
type site struct {
	desk   *Desk
	views  *template.Template
	words  map[string]map[string]string
	style  []byte
	secure bool
}

// Handler answers everything below Path. secure says that patients come by HTTPS.
func (d *Desk) Handler(secure bool) (http.Handler, error) {
	s := &site{desk: d, secure: secure}
	raw, err := pages.ReadFile("page/words.json")
	if err == nil {
		err = json.Unmarshal(raw, &s.words)
	}
	if err == nil {
		s.style, err = pages.ReadFile("page/style.css")
	}
	if err == nil {
		s.views, err = template.ParseFS(pages, "page/page.html")
	}
	if err != nil {
		return nil, fmt.Errorf("share: page: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+Path+"style.css", s.css)
	mux.HandleFunc("GET "+Path+"{token}", s.show)
	mux.HandleFunc("POST "+Path+"{token}/code", s.code)
	mux.HandleFunc("POST "+Path+"{token}/open", s.open)
	mux.HandleFunc("POST "+Path+"{token}/close", s.shut)
	mux.HandleFunc("POST "+Path+"{token}/pay", s.pay)
	mux.HandleFunc("GET "+Path+"{token}/report/{id}", s.report)
	guard := http.NewCrossOriginProtection()
	return guard.Handler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		// A form that pays ends at the gateway's page, so forms may lead to any HTTPS page; a stand-in is on this machine.
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self' https: http://127.0.0.1:*")
		h.Set("X-Robots-Tag", "noindex, nofollow")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})), nil
}

func (s *site) css(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/css; charset=utf-8")
	w.Header().Set("Cache-Control", "public, max-age=86400")
	_, _ = w.Write(s.style)
}

// view is what the page's templates are filled with.
type view struct {
	T                      map[string]string
	Lang, Other, OtherName string
	Lab, Path              string
	Fault, Sent            string
	Phone                  string
	Birth, CodeOut         bool
	Name                   string
	Here, Earlier          []Report
	Bills                  []billView
}

type billView struct {
	ID              lab.ID
	Number, At, Net string
	Due             string // empty for nothing
	Pay             bool
}

func (s *site) view(r *http.Request, fallback string) view {
	lang := r.URL.Query().Get("l")
	if c, err := r.Cookie("jaanch_lang"); lang == "" && err == nil {
		lang = c.Value
	}
	if s.words[lang] == nil {
		lang = fallback
	}
	if s.words[lang] == nil {
		lang = "en"
	}
	v := view{T: s.words[lang], Lang: lang, Other: "hi", OtherName: "हिन्दी", Path: Path + r.PathValue("token")}
	if lang == "hi" {
		v.Other, v.OtherName = "en", "English"
	}
	return v
}

// say gives the words of a fault.
func (v *view) say(err error) string {
	if words := v.T[lab.CodeOf(err)]; words != "" {
		return words
	}
	return v.T["other"]
}

func (s *site) render(w http.ResponseWriter, status int, name string, v view) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if v.Lang != "" {
		http.SetCookie(w, s.cookie("jaanch_lang", v.Lang, Path, 365*86400))
	}
	w.WriteHeader(status)
	if err := s.views.ExecuteTemplate(w, name, v); err != nil {
		s.desk.Logger.Warn("a patient's page could not be written", "error", err)
	}
}

// fail shows an error: the gate again for what the person can mend there, else a page of its own.
func (s *site) fail(w http.ResponseWriter, r *http.Request, err error) {
	v := s.view(r, "")
	v.Fault = v.say(err)
	status := http.StatusInternalServerError
	switch lab.KindOf(err) { //nolint:exhaustive // the others are faults of ours
	case lab.KindNotFound:
		status = http.StatusNotFound
	case lab.KindLimited:
		status = http.StatusTooManyRequests
	case lab.KindUnauthenticated, lab.KindConflict:
		s.gate(w, r, http.StatusOK, err)
		return
	default: // a fault of ours
		s.desk.Logger.Error("a patient's page failed", "code", lab.CodeOf(err), "error", err)
	}
	s.render(w, status, "gone", v)
}

// gate asks who it is.
func (s *site) gate(w http.ResponseWriter, r *http.Request, status int, fault error) {
	l, err := s.desk.find(r.Context(), r.PathValue("token"))
	if err != nil {
		v := s.view(r, "")
		v.Fault = v.say(err)
		s.render(w, http.StatusNotFound, "gone", v)
		return
	}
	c, err := s.desk.read(r.Context(), l)
	if err != nil {
		v := s.view(r, l.Language)
		v.Fault = v.say(err)
		s.render(w, http.StatusNotFound, "gone", v)
		return
	}
	v := s.view(r, l.Language)
	v.Phone, v.Birth = masked(c.Person.Phone), len(c.Person.Birth) == len("2006-01-02")
	v.CodeOut = l.CodeHash != "" && l.CodeTill != nil && l.CodeTill.After(s.desk.Clock())
	if h, err := s.desk.DB.Queries().LabByID(r.Context(), s.desk.DB.Pool(), queries.LabByIDParams{Org: l.Org, ID: l.Lab}); err == nil {
		v.Lab = h.Name
	}
	if fault != nil {
		v.Fault = v.say(fault)
	} else if v.CodeOut {
		v.Sent = v.T["sent"]
	}
	s.render(w, status, "gate", v)
}

func (s *site) opened(r *http.Request) (queries.ShareLink, error) {
	c, err := r.Cookie(cookie)
	if err != nil {
		return queries.ShareLink{}, ErrClosed
	}
	return s.desk.session(r.Context(), r.PathValue("token"), c.Value)
}

func (s *site) show(w http.ResponseWriter, r *http.Request) {
	l, err := s.opened(r)
	switch {
	case errors.Is(err, ErrClosed):
		s.gate(w, r, http.StatusOK, nil)
	case err != nil:
		s.fail(w, r, err)
	default:
		s.contents(w, r, l, nil)
	}
}

// contents shows the reports and bills.
func (s *site) contents(w http.ResponseWriter, r *http.Request, l queries.ShareLink, fault error) {
	c, err := s.desk.read(r.Context(), l)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	v := s.view(r, l.Language)
	v.Name = c.Person.Name
	if h, err := s.desk.DB.Queries().LabByID(r.Context(), s.desk.DB.Pool(), queries.LabByIDParams{Org: l.Org, ID: l.Lab}); err == nil {
		v.Lab = h.Name
	}
	for _, x := range c.Reports {
		if x.Here {
			v.Here = append(v.Here, x)
		} else {
			v.Earlier = append(v.Earlier, x)
		}
	}
	for _, b := range c.Bills {
		if !b.Here && b.Due == 0 {
			continue
		}
		x := billView{ID: b.ID, Number: b.Number, At: b.At.Format("02-01-2006"), Net: rupees(b.Net), Pay: s.desk.Pay != nil}
		if b.Due > 0 {
			x.Due = rupees(b.Due)
		}
		v.Bills = append(v.Bills, x)
	}
	if fault != nil {
		v.Fault = v.say(fault)
	}
	s.render(w, http.StatusOK, "shown", v)
}

func rupees(p lab.Paise) string { return fmt.Sprintf("%d.%02d", int64(p)/100, int64(p)%100) }

// back sends the browser to the page again after a form.
func (s *site) back(w http.ResponseWriter, r *http.Request) {
	http.Redirect(w, r, Path+url.PathEscape(r.PathValue("token")), http.StatusSeeOther)
}

// cookie makes a cookie of a page. Without HTTPS, on a stand-in alone, it cannot be marked as secure.
func (s *site) cookie(name, value, path string, age int) *http.Cookie {
	return &http.Cookie{Name: name, Value: value, Path: path, MaxAge: age, HttpOnly: true, Secure: s.secure, SameSite: http.SameSiteLaxMode} //nolint:gosec // see above
}

func (s *site) code(w http.ResponseWriter, r *http.Request) {
	if _, err := s.desk.Code(r.Context(), r.PathValue("token")); err != nil {
		s.fail(w, r, err)
		return
	}
	s.back(w, r)
}

func (s *site) open(w http.ResponseWriter, r *http.Request) {
	session, err := s.desk.Open(r.Context(), r.PathValue("token"), r.PostFormValue("code"), r.PostFormValue("birth"))
	if err != nil {
		s.fail(w, r, err)
		return
	}
	http.SetCookie(w, s.cookie(cookie, session, Path+r.PathValue("token"), int(sessionLife.Seconds())))
	s.back(w, r)
}

func (s *site) shut(w http.ResponseWriter, r *http.Request) {
	http.SetCookie(w, s.cookie(cookie, "", Path+r.PathValue("token"), -1))
	s.back(w, r)
}

// report gives the document of one report of the person.
func (s *site) report(w http.ResponseWriter, r *http.Request) {
	l, err := s.opened(r)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	c, err := s.desk.read(r.Context(), l)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	for _, x := range c.Reports {
		if x.ID.String() != r.PathValue("id") {
			continue
		}
		content, mime, err := s.desk.Files.Open(r.Context(), l.Org, x.hash)
		if err != nil {
			s.fail(w, r, err)
			return
		}
		w.Header().Set("Content-Type", mime)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		w.Header().Set("Content-Disposition", `inline; filename="Report-`+strings.Map(plain, x.Visit)+`.pdf"`)
		_, _ = w.Write(content)
		return
	}
	s.fail(w, r, ErrLink)
}

// plain keeps of a number what a file may be called.
func plain(r rune) rune {
	if r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z' {
		return r
	}
	return '-'
}

// pay sends the person to the gateway's page of a bill of theirs.
func (s *site) pay(w http.ResponseWriter, r *http.Request) {
	l, err := s.opened(r)
	if err != nil || s.desk.Pay == nil {
		s.fail(w, r, errors.Join(err, ErrClosed))
		return
	}
	c, err := s.desk.read(r.Context(), l)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	for _, b := range c.Bills {
		if b.ID.String() != r.PostFormValue("bill") || b.Due == 0 {
			continue
		}
		to, err := s.desk.Pay(r.Context(), l.Org, b.ID)
		if err == nil && to == "" {
			err = lab.Conflict("pay_later", "The payment page is being made.")
		}
		if err != nil {
			s.contents(w, r, l, err)
			return
		}
		http.Redirect(w, r, to, http.StatusSeeOther)
		return
	}
	s.back(w, r)
}

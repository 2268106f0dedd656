package httpkit

import (
	"html/template"
	"net"
	"net/http"
	"strconv"
)

// PlainHTTP is what a node serves without TLS: the app itself for browsers on the same machine; to all others only the
// page and the file of the lab's certificate authority, and a redirect to HTTPS.
func PlainHTTP(app http.Handler, a *Authority, httpsPort int) http.Handler {
	ca := CAHandler(a, httpsPort)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if isLoopback(r) {
			app.ServeHTTP(w, r)
			return
		}
		switch {
		case r.URL.Path == "/ca" || r.URL.Path == "/ca.crt":
			ca.ServeHTTP(w, r)
		case r.Method == http.MethodGet || r.Method == http.MethodHead:
			w.Header().Set("Cache-Control", "no-store")
			http.Redirect(w, r, httpsURL(r, httpsPort)+r.URL.EscapedPath(), http.StatusTemporaryRedirect) //nolint:gosec // to the host that the browser asked for itself
		default:
			WriteProblem(w, r, newProblem(http.StatusForbidden, "https_needed", "Use HTTPS."))
		}
	})
}

// httpsURL gives the address of the same host on the HTTPS port, without a path.
func httpsURL(r *http.Request, port int) string {
	host := r.Host
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if len(host) > 1 && host[0] == '[' && host[len(host)-1] == ']' {
		host = host[1 : len(host)-1]
	}
	return "https://" + net.JoinHostPort(host, strconv.Itoa(port))
}

// CAHandler serves the page that explains how to trust the lab, at /ca, and the certificate itself, at /ca.crt.
func CAHandler(a *Authority, httpsPort int) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ca.crt", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/x-x509-ca-cert")
		w.Header().Set("Content-Disposition", `attachment; filename="jaanch-ca.crt"`)
		w.Header().Set("X-Content-Type-Options", "nosniff")
		_, _ = w.Write(a.PEM()) // the client hung up; there is nobody to tell
	})
	page := template.Must(template.New("ca").Parse(caPage))
	mux.HandleFunc("GET /ca", func(w http.ResponseWriter, r *http.Request) {
		nonce := newNonce()
		h := w.Header()
		h.Set("Content-Type", "text/html; charset=utf-8")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'nonce-"+nonce+"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
		_ = page.Execute(w, map[string]any{ // the client hung up; there is nobody to tell
			"Nonce": nonce, "Name": a.cert.Subject.CommonName, "Fingerprint": a.Fingerprint(),
			"Until": a.cert.NotAfter.UTC().Format("2 January 2006"), "URL": template.URL(httpsURL(r, httpsPort)), //nolint:gosec // scheme and port are ours, the host is the browser's own
		})
	})
	return mux
}

const caPage = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Trust this lab</title>
<style nonce="{{.Nonce}}">body{font:16px/1.6 system-ui,sans-serif;max-width:42em;margin:6vh auto;padding:0 1em}
code{font:14px/1.5 ui-monospace,monospace;overflow-wrap:anywhere}a.button{display:inline-block;padding:.5em 1em;border-radius:6px;background:#0b7a6e;color:#fff;text-decoration:none}</style></head>
<body>
<h1>Trust this lab on your device</h1>
<p>The lab's computer proves who it is with a certificate of its own. Install it once on each device; then the lab opens
without a warning. It is valid for this lab's network only, for no site of the internet.</p>
<p><a class="button" href="/ca.crt" download>Get the certificate</a></p>
<ol>
<li><strong>Compare the fingerprint</strong> with the one on the lab computer's screen. If they differ, stop.<br><code>{{.Fingerprint}}</code></li>
<li><strong>Windows:</strong> open the file, Install Certificate, Local Machine, place it in “Trusted Root Certification Authorities”.</li>
<li><strong>Android:</strong> Settings, Security, More, Install a certificate, CA certificate.</li>
<li><strong>iPhone, iPad, Mac:</strong> open the file, install the profile, then switch trust on for it under About, Certificate Trust Settings.</li>
<li>Open <a href="{{.URL}}/">{{.URL}}/</a></li>
</ol>
<p lang="hi">प्रयोगशाला का कंप्यूटर अपने प्रमाणपत्र से अपनी पहचान बताता है। इसे हर उपकरण पर एक बार लगाएँ। पहले ऊपर का कोड लैब के कंप्यूटर की
स्क्रीन पर दिख रहे कोड से मिलाएँ।</p>
<p>{{.Name}}, valid until {{.Until}}.</p>
</body></html>
`

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"jaanch/internal/hub"
	"jaanch/internal/hub/gstn"
	"jaanch/internal/hub/inspect"
	"jaanch/internal/lab"
	"jaanch/internal/lab/fhir"
)

// payload are the flags of "hub check SERVICE FILE...".
type payload struct {
	secrets, headers        []string
	signature, url, at, key string
	sandbox                 bool
	files                   map[string][]byte
	options                 inspect.Options
}

func (p *program) check() *cobra.Command {
	var c payload
	cmd := &cobra.Command{
		Use: "check [SERVICE FILE...]", Short: "Check configuration and database, or files of an outside service",
		Long: `Without arguments: reads the configuration, connects to the database and compares its schema with
this program's. Says what is wrong and ends with 1, or says that all is well.

With a service and files: judges each file as the hub judges what arrives. Prints one line of JSON
for a file with what was understood, or the reason with the path of the field, and ends with 1.
The services: ` + strings.Join(inspect.Services(), " ") + `.

A webhook's file is the raw body, byte for byte, or a whole request that begins with POST. Without
--secret the signature is not checked, and the line says so. --secret @FILE reads a secret from a
file. PayU's secret is the salt, SendGrid's the public key, Twilio's the auth token with --url.

  hub check razorpay-webhook body.json --secret @secret --signature 3f1a...
  hub check stripe-webhook body.json --secret whsec_... --signature t=1790000000,v1=...
  hub check twilio-callback body.txt --url https://hub.example.in/hooks/twilio --secret @token --signature ...
  hub check gstn-invoice invoice.json
  hub check gstn-irn answer.json --key portal.pem
  hub check fhir-bundle record.json`,
		Args: c.args,
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return c.judge(cmd, args)
			}
			return p.with(cmd.Context(), func(h *hub.Hub) error {
				orgs, err := h.Fleet.Orgs(cmd.Context())
				if err == nil {
					cmd.Printf("All is well: the database answers, its schema fits, %d organisations.\n", len(orgs))
				}
				return err
			})
		},
	}
	f := cmd.Flags()
	f.StringArrayVar(&c.secrets, "secret", nil, "`secret` of the signature, or @FILE; may be given twice while it is rotated")
	f.StringVar(&c.signature, "signature", "", "what the service's own signature header carries")
	f.StringArrayVar(&c.headers, "header", nil, "`\"Name: value\"` that came with the body; may be given several times")
	f.StringVar(&c.url, "url", "", "`address` that the service called")
	f.StringVar(&c.at, "at", "", "`time` of arrival, RFC 3339 or unix seconds (default now)")
	f.StringVar(&c.key, "key", "", "`file` with the portal's certificates, PEM")
	f.BoolVar(&c.sandbox, "sandbox", false, "a wrong check digit of a GSTIN is a warning, as at the test system")
	return cmd
}

// args judges the call itself: what is wrong here ends with 2.
func (c *payload) args(_ *cobra.Command, args []string) error {
	if len(args) == 0 {
		if c.signature != "" || len(c.secrets) > 0 || len(c.headers) > 0 {
			return errors.New("check: say which service and which files")
		}
		return nil
	}
	if !inspect.Known(args[0]) {
		return fmt.Errorf("check: there is no service %q; known are %s", args[0], strings.Join(inspect.Services(), ", "))
	}
	if len(args) == 1 {
		return errors.New("check: say which files")
	}
	if err := c.read(args[1:], args[0]); err != nil {
		return err
	}
	if err := inspect.Call(args[0], c.options); err != nil {
		return fmt.Errorf("check: %w", err)
	}
	return nil
}

// read brings files, secrets, keys and time together.
func (c *payload) read(files []string, service string) error {
	c.files = map[string][]byte{}
	c.options = inspect.Options{Signature: c.signature, Headers: c.headers, URL: c.url, Sandbox: c.sandbox, Now: time.Now()}
	for _, s := range c.secrets {
		secret, err := secretOf(s)
		if err != nil {
			return err
		}
		c.options.Secrets = append(c.options.Secrets, secret)
	}
	if c.key != "" {
		raw, err := os.ReadFile(c.key)
		if err != nil {
			return fmt.Errorf("check: key: %w", err)
		}
		if c.options.Keys, err = gstn.ReadKeys(raw); err != nil {
			return fmt.Errorf("check: key: %w", err)
		}
	}
	if c.at != "" {
		var err error
		if c.options.Now, err = timeOf(c.at); err != nil {
			return err
		}
	}
	for _, name := range files {
		raw, err := contentOf(name, service)
		if err != nil {
			return err
		}
		c.files[name] = raw
	}
	return nil
}

// secretOf reads a secret as it was given, or from the file behind @.
func secretOf(s string) (string, error) {
	if name, ok := strings.CutPrefix(s, "@"); ok {
		raw, err := os.ReadFile(name) //nolint:gosec // the operator names the file
		if err != nil {
			return "", fmt.Errorf("check: secret: %w", err)
		}
		s = strings.TrimRight(string(raw), "\r\n")
	}
	if s == "" {
		return "", errors.New("check: the secret is empty")
	}
	return s, nil
}

func timeOf(s string) (time.Time, error) {
	if seconds, err := strconv.ParseInt(s, 10, 64); err == nil {
		return time.Unix(seconds, 0), nil
	}
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}, fmt.Errorf("check: the time is neither RFC 3339 nor unix seconds: %w", err)
	}
	return at, nil
}

// contentOf reads a file. A GSTIN may be given as it is.
func contentOf(name, service string) ([]byte, error) {
	info, err := os.Stat(name)
	switch {
	case err != nil && service == "gstin" && len(name) == 15 && !strings.ContainsAny(name, "/."):
		return []byte(name), nil
	case err != nil:
		return nil, fmt.Errorf("check: %w", err)
	case info.Size() > fhir.MaxBytes:
		return nil, fmt.Errorf("check: %s is larger than any payload", name)
	}
	raw, err := os.ReadFile(name) //nolint:gosec // the operator names the file
	if err != nil {
		return nil, fmt.Errorf("check: %w", err)
	}
	return raw, nil
}

// judge prints a line for each file and goes on after a refused one.
func (c *payload) judge(cmd *cobra.Command, args []string) error {
	var refused []error
	for _, name := range args[1:] {
		got, err := inspect.File(args[0], c.files[name], c.options)
		if err != nil {
			refused = append(refused, errors.New(name+": "+reason(err)))
			continue
		}
		line, err := json.Marshal(struct {
			File    string `json:"file"`
			Service string `json:"service"`
			OK      bool   `json:"ok"`
			Result  any    `json:"result"`
		}{name, args[0], true, got})
		if err != nil {
			return fmt.Errorf("check: %w", err)
		}
		cmd.Println(string(line))
	}
	return errors.Join(refused...)
}

// reason writes an error with every field that is wrong.
func reason(err error) string {
	var e *lab.Error
	if !errors.As(err, &e) {
		return err.Error()
	}
	parts := []string{e.Message + " (" + e.Code + ")"}
	for _, f := range e.Fields {
		parts = append(parts, f.Field+": "+f.Message+" ("+f.Code+")")
	}
	return strings.Join(parts, "; ")
}

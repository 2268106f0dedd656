// Package mail sends e-mail over SMTP. It writes the message itself: plain text in UTF-8, with headers that cannot be
// broken by what stands in them. Documents are never attached: the mail holds the way to the patient's page.
package mail

import (
	"bufio"
	"bytes"
	"context"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/mail"
	"net/smtp"
	"net/textproto"
	"strconv"
	"strings"
	"time"

	"jaanch/internal/hub/outbound"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/lab"
	"jaanch/internal/telemetry"
)

// Message is one mail.
type Message struct {
	To      string `json:"to"`
	Name    string `json:"name,omitempty"`
	Subject string `json:"subject"`
	Text    string `json:"text"`
}

// maxBytes bounds a mail.
const maxBytes = 1 << 20

// Check says what no server would take, or what would break a header.
func (m Message) Check() error {
	address, err := mail.ParseAddress(m.To)
	switch {
	case err != nil || address.Address != m.To || strings.ContainsAny(m.To, "\r\n"):
		return lab.Invalid("mail_address", "The e-mail address is not one.")
	case strings.ContainsAny(m.Subject+m.Name, "\r\n"):
		return lab.Invalid("mail_header", "A line break stands in the subject or name.")
	case m.Subject == "" || m.Text == "" || len(m.Text) > maxBytes:
		return lab.Invalid("mail_shape", "The mail has no subject or text, or is too long.")
	}
	return nil
}

// SMTP is one server with one account.
type SMTP struct {
	Host     string
	Port     string // 587 (STARTTLS, the usual) or 465 (TLS from the first byte)
	User     string
	Password telemetry.Secret
	From     string
	FromName string
	Near     bool // a stand-in on this machine, without TLS
	Out      *outbound.Client
	Roots    *tls.Config // for tests; nil for the system's
}

// Send gives a mail to the server. Its Message-ID is made of the outbox's id: a mail that goes out twice, since the answer
// after the last byte was lost, is one mail for whoever receives it.
func (s *SMTP) Send(ctx context.Context, id lab.ID, m Message, now time.Time) outbox.Outcome {
	if err := m.Check(); err != nil {
		return outbox.Outcome{Class: outbox.Refused, Code: lab.CodeOf(err)}
	}
	c, err := s.connect(ctx)
	if err != nil {
		return understand(err, false)
	}
	defer c.Close() //nolint:errcheck // it was ended with QUIT, or is given up
	if err := c.Mail(s.From); err != nil {
		return understand(err, false)
	}
	if err := c.Rcpt(m.To); err != nil {
		return understand(err, false)
	}
	w, err := c.Data()
	if err != nil {
		return understand(err, false)
	}
	if _, err := w.Write(s.write(id, m, now)); err != nil {
		return understand(err, false)
	}
	if err := w.Close(); err != nil { // the answer to the final dot
		return understand(err, true)
	}
	_ = c.Quit() // the mail is with the server already
	return outbox.Outcome{Class: outbox.Done, ProviderID: s.messageID(id)}
}

// connect opens a session that is encrypted before anything secret is said.
func (s *SMTP) connect(ctx context.Context) (*smtp.Client, error) {
	port := s.Port
	if port == "" {
		port = "587"
	}
	conn, err := s.Out.Dial(ctx, net.JoinHostPort(s.Host, port))
	if err != nil {
		return nil, err
	}
	if err := conn.SetDeadline(time.Now().Add(outbound.Timeout)); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	config := &tls.Config{ServerName: s.Host, MinVersion: tls.VersionTLS12}
	if s.Roots != nil {
		config.RootCAs = s.Roots.RootCAs
	}
	if port == "465" {
		conn = tls.Client(conn, config)
	}
	c, err := smtp.NewClient(conn, s.Host)
	if err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if err := s.greet(c, config, port); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// errPlain is a server that offers no encryption.
var errPlain = &lab.Error{Kind: lab.KindForbidden, Code: "smtp_plain", Message: "The mail server offers no TLS; nothing is sent to it."}

func (s *SMTP) greet(c *smtp.Client, config *tls.Config, port string) error {
	if port != "465" {
		if offered, _ := c.Extension("STARTTLS"); offered {
			if err := c.StartTLS(config); err != nil {
				return fmt.Errorf("smtp: %w", err)
			}
		} else if !s.Near {
			return errPlain
		}
	}
	if s.User == "" {
		return nil
	}
	if err := c.Auth(smtp.PlainAuth("", s.User, s.Password.Reveal(), s.Host)); err != nil {
		return fmt.Errorf("smtp: %w", err)
	}
	return nil
}

func (s *SMTP) messageID(id lab.ID) string {
	_, domain, _ := strings.Cut(s.From, "@")
	return "<" + id.String() + "@" + domain + ">"
}

// write makes the bytes of a mail.
func (s *SMTP) write(id lab.ID, m Message, now time.Time) []byte {
	var b bytes.Buffer
	for _, h := range [][2]string{
		{"From", (&mail.Address{Name: s.FromName, Address: s.From}).String()},
		{"To", (&mail.Address{Name: m.Name, Address: m.To}).String()},
		{"Subject", mime.QEncoding.Encode("utf-8", m.Subject)},
		{"Date", now.Format(time.RFC1123Z)},
		{"Message-ID", s.messageID(id)},
		{"Auto-Submitted", "auto-generated"},
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "base64"},
	} {
		b.WriteString(h[0] + ": " + h[1] + "\r\n")
	}
	b.WriteString("\r\n")
	text := base64.StdEncoding.EncodeToString([]byte(strings.ReplaceAll(m.Text, "\n", "\r\n")))
	for len(text) > 76 {
		b.WriteString(text[:76] + "\r\n")
		text = text[76:]
	}
	b.WriteString(text + "\r\n")
	return b.Bytes()
}

// understand says what an error means: 4xx tries again, 5xx never will, no answer to the final dot is unknown.
func understand(err error, dot bool) outbox.Outcome {
	var refused *textproto.Error
	switch {
	case errors.As(err, &refused) && (refused.Code == 535 || refused.Code == 530 || refused.Code == 534):
		return outbox.Outcome{Class: outbox.Halted, Code: "smtp_" + strconv.Itoa(refused.Code)}
	case errors.As(err, &refused) && refused.Code/100 == 4:
		return outbox.Outcome{Class: outbox.Later, Code: "smtp_" + strconv.Itoa(refused.Code), After: time.Minute}
	case errors.As(err, &refused):
		return outbox.Outcome{Class: outbox.Refused, Code: "smtp_" + strconv.Itoa(refused.Code)}
	case lab.CodeOf(err) == lab.CodeOf(errPlain):
		return outbox.Outcome{Class: outbox.Halted, Code: lab.CodeOf(err)}
	case lab.CodeOf(err) == lab.CodeOf(outbound.ErrHost):
		return outbox.Unanswered(err)
	case dot:
		return outbox.Outcome{Class: outbox.Unknown, Code: "no_answer"}
	}
	return outbox.Outcome{Class: outbox.Later, Code: "unreachable"}
}

// Read opens the bytes of a mail that this package wrote, for a stand-in that judges it.
func Read(raw []byte) (Message, error) {
	m, err := mail.ReadMessage(bufio.NewReader(bytes.NewReader(raw)))
	if err != nil {
		return Message{}, lab.Invalid("mail_malformed", "This is no mail.")
	}
	out := Message{}
	to, err := mail.ParseAddress(m.Header.Get("To"))
	if err != nil {
		return out, lab.Invalid("mail_address", "The mail has no recipient.")
	}
	out.To, out.Name = to.Address, to.Name
	if out.Subject, err = (&mime.WordDecoder{}).DecodeHeader(m.Header.Get("Subject")); err != nil {
		return out, lab.Invalid("mail_header", "The subject cannot be read.")
	}
	body, err := io.ReadAll(io.LimitReader(base64.NewDecoder(base64.StdEncoding, m.Body), maxBytes))
	if err != nil || m.Header.Get("Content-Transfer-Encoding") != "base64" || m.Header.Get("Message-Id") == "" {
		return out, lab.Invalid("mail_malformed", "The body cannot be read, or the mail has no id.")
	}
	out.Text = strings.ReplaceAll(string(body), "\r\n", "\n")
	return out, nil
}

package whatsapp

import (
	"bytes"
	"context"
	"fmt"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"strings"

	"jaanch/internal/hub/outbound"
	"jaanch/internal/hub/outbox"
	"jaanch/internal/lab/tree"
)

// Upload gives Meta a PDF and gets the id under which a message shows it. It lasts 30 days; an upload that is made again
// costs nothing, so a lost answer is simply tried again.
func (c *Client) Upload(ctx context.Context, file string, content []byte) (id string, out outbox.Outcome) {
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	err := w.WriteField("messaging_product", "whatsapp")
	if err == nil {
		err = w.WriteField("type", "application/pdf")
	}
	if err == nil {
		err = writePDF(w, file, content)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return "", outbox.Outcome{Class: outbox.Refused, Code: "whatsapp_media"}
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.Account.endpoint("media"), &body)
	if err != nil {
		return "", outbox.Outcome{Class: outbox.Refused, Code: "whatsapp_address"}
	}
	r.Header.Set("Authorization", "Bearer "+c.Account.Token.Reveal())
	r.Header.Set("Content-Type", w.FormDataContentType())
	answer, err := c.HTTP.Do(r)
	if err != nil {
		if out = outbox.Unanswered(err); out.Class == outbox.Unknown {
			out.Class = outbox.Later
		}
		return "", out
	}
	v, err := tree.Parse(answer.Body, outbound.MaxBytes)
	if err == nil && answer.Status == http.StatusOK && v.At("id").Scalar() != "" {
		return v.At("id").Scalar(), outbox.Outcome{Class: outbox.Done}
	}
	if out = Understand(answer.Status, answer.Body); out.Class == outbox.Unknown || out.Class == outbox.Done {
		out = outbox.Outcome{Class: outbox.Later, Code: out.Code}
	}
	return "", out
}

func writePDF(w *multipart.Writer, file string, content []byte) error {
	name := strings.NewReplacer(`"`, "", `\`, "", "\r", "", "\n", "").Replace(file)
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {fmt.Sprintf(`form-data; name="file"; filename="%s"`, name)},
		"Content-Type":        {"application/pdf"},
	})
	if err != nil {
		return fmt.Errorf("whatsapp: %w", err)
	}
	_, err = part.Write(content)
	return err
}

// Reply makes a free text, which Meta takes only within 24 hours of the person's last message.
func Reply(to, text, callback string) []byte {
	return tree.Of(
		tree.M("messaging_product", tree.T("whatsapp")), tree.M("recipient_type", tree.T("individual")), tree.M("to", tree.T(to)),
		tree.M("type", tree.T("text")), tree.M("text", tree.Of(tree.M("preview_url", tree.B(false)), tree.M("body", tree.T(text)))),
		tree.M("biz_opaque_callback_data", tree.T(callback))).JSON()
}

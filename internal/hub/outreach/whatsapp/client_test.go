package whatsapp_test

import (
	"strings"
	"testing"

	"jaanch/internal/hub/outbox"
	"jaanch/internal/hub/outreach/whatsapp"
	"jaanch/internal/lab"
)

func TestTemplateRequest(t *testing.T) {
	t.Parallel()
	m := whatsapp.TemplateMessage{
		To: "919876543210", Name: "test_result_ready", Language: "hi", MediaID: "M1", FileName: "Report-A1.pdf", Body: []string{"Asha\n\tSharma", " "},
		URLSuffix: "r/abc", Payloads: []string{"STOP"}, CallbackID: "id-1",
	}
	raw, err := m.Request()
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"messaging_product":"whatsapp","recipient_type":"individual","to":"919876543210","type":"template","template":{"name":"test_result_ready","language":{"code":"hi"},"components":[{"type":"header","parameters":[{"type":"document","document":{"id":"M1","filename":"Report-A1.pdf"}}]},{"type":"body","parameters":[{"type":"text","text":"Asha Sharma"},{"type":"text","text":"-"}]},{"type":"button","sub_type":"url","index":"0","parameters":[{"type":"text","text":"r/abc"}]},{"type":"button","sub_type":"quick_reply","index":"1","parameters":[{"type":"payload","payload":"STOP"}]}]},"biz_opaque_callback_data":"id-1"}`
	if string(raw) != want {
		t.Errorf("%s", raw)
	}
	for code, change := range map[string]func(*whatsapp.TemplateMessage){
		"whatsapp_number":   func(m *whatsapp.TemplateMessage) { m.To = "+91 98" },
		"whatsapp_template": func(m *whatsapp.TemplateMessage) { m.Name = "Result" },
		"whatsapp_callback": func(m *whatsapp.TemplateMessage) { m.CallbackID = strings.Repeat("x", 513) },
	} {
		bad := m
		change(&bad)
		if _, err := bad.Request(); lab.CodeOf(err) != code {
			t.Errorf("%s: %v", code, err)
		}
	}
}

func TestAnswersByCode(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status int
		body   string
		want   outbox.Class
		id     string
	}{
		{200, `{"messaging_product":"whatsapp","contacts":[{"input":"1","wa_id":"1"}],"messages":[{"id":"wamid.A"}]}`, outbox.Done, "wamid.A"},
		{200, `{}`, outbox.Unknown, ""},
		{502, `<html>`, outbox.Unknown, ""},
		{400, `{"error":{"message":"(#131056)","code":131056}}`, outbox.Later, ""},
		{400, `{"error":{"message":"x","code":131026}}`, outbox.Refused, ""},
		{401, `{"error":{"message":"x","code":190}}`, outbox.Halted, ""},
		{403, `{"error":{"message":"x","code":270}}`, outbox.Halted, ""},
		{500, `{"error":{"message":"x","code":131000}}`, outbox.Later, ""},
		{400, `not json`, outbox.Refused, ""},
	} {
		if got := whatsapp.Understand(c.status, []byte(c.body)); got.Class != c.want || got.ProviderID != c.id {
			t.Errorf("%d %s: %+v", c.status, c.body, got)
		}
	}
}

func TestRankNeverGoesBack(t *testing.T) {
	t.Parallel()
	order := []string{"", "accepted", "sent", "failed", "delivered", "read"}
	for i := 1; i < len(order); i++ {
		if whatsapp.Rank(order[i]) <= whatsapp.Rank(order[i-1]) {
			t.Errorf("%s is not above %s", order[i], order[i-1])
		}
	}
}

package message

// BuiltIn gives the text that stands where an organisation has none of its own; English where a language has none.
func BuiltIn(kind, way, language string) (Template, bool) {
	t := Template{Kind: kind, Way: way, Language: language}
	found := false
	for _, l := range []string{language, "en"} {
		if b, ok := builtIn()[[3]string{kind, way, l}]; ok && !found {
			t.Name, t.Body, t.Language, found = b[0], b[1], l, true
		}
	}
	return t, found
}

// builtIn holds name and body by kind, way and language. No text says what was measured or found.
func builtIn() map[[3]string][2]string {
	return map[[3]string][2]string{
		{ReportReady, WhatsApp, "en"}: {"test_result_ready", "Hello {name}, your report for {tests} (visit {visit}) from {lab} is ready."},
		{ReportReady, WhatsApp, "hi"}: {"test_result_ready", "नमस्ते {name}, {tests} की आपकी रिपोर्ट (विज़िट {visit}) {lab} से तैयार है।"},
		{ReportReady, SMS, "en"}:      {"", "Your report (visit {visit}) from {lab} is ready. Open it here: {link} - Jaanch"},
		{ReportReady, SMS, "hi"}:      {"", "{lab} से आपकी रिपोर्ट (विज़िट {visit}) तैयार है। यहाँ खोलें: {link} - Jaanch"},
		{ReportReady, Email, "en"}:    {"Your report is ready", "Hello {name},\n\nyour report for visit {visit} from {lab} is ready. Open it here:\n\n{link}\n\nThe page asks for a code or your date of birth. If you did not expect this message, please ignore it."},
		{ReportReady, Email, "hi"}:    {"आपकी रिपोर्ट तैयार है", "नमस्ते {name},\n\n{lab} से विज़िट {visit} की आपकी रिपोर्ट तैयार है। यहाँ खोलें:\n\n{link}\n\nपृष्ठ कोड या आपकी जन्म-तिथि माँगेगा। यदि यह संदेश आपके लिए नहीं है, तो इसे अनदेखा करें।"},

		{PaymentReceived, WhatsApp, "en"}: {"payment_confirmation", "We received Rs {amount} for bill {bill} on {date} by {mode}. Reference {reference}. Thank you, {lab}."},
		{PaymentReceived, WhatsApp, "hi"}: {"payment_confirmation", "बिल {bill} के लिए {date} को {mode} से रु {amount} मिले। संदर्भ {reference}। धन्यवाद, {lab}।"},
		{PaymentReceived, SMS, "en"}:      {"", "We received Rs {amount} for bill {bill} on {date}. Reference {reference}. Thank you, {lab} - Jaanch"},
		{PaymentReceived, SMS, "hi"}:      {"", "बिल {bill} के लिए {date} को रु {amount} मिले। संदर्भ {reference}। धन्यवाद, {lab} - Jaanch"},
		{PaymentReceived, Email, "en"}:    {"Payment received", "We received Rs {amount} for bill {bill} on {date} by {mode}.\nReference: {reference}\n\nThank you,\n{lab}"},
		{PaymentReceived, Email, "hi"}:    {"भुगतान मिला", "बिल {bill} के लिए {date} को {mode} से रु {amount} मिले।\nसंदर्भ: {reference}\n\nधन्यवाद,\n{lab}"},

		{LoginCode, WhatsApp, "en"}: {"login_code", "{code} is your verification code."},
		{LoginCode, WhatsApp, "hi"}: {"login_code", "{code} आपका सत्यापन कोड है।"},
		{LoginCode, SMS, "en"}:      {"", "{code} is your code to open your report of {lab}. It holds for 10 minutes. Tell it to nobody. - Jaanch"},
		{LoginCode, SMS, "hi"}:      {"", "{lab} की रिपोर्ट खोलने के लिए आपका कोड {code} है। यह 10 मिनट तक चलेगा। किसी को न बताएँ। - Jaanch"},
		{LoginCode, Email, "en"}:    {"Your code", "{code} is your code to open your report of {lab}. It holds for 10 minutes. Tell it to nobody."},
		{LoginCode, Email, "hi"}:    {"आपका कोड", "{lab} की रिपोर्ट खोलने के लिए आपका कोड {code} है। यह 10 मिनट तक चलेगा। किसी को न बताएँ।"},
	}
}

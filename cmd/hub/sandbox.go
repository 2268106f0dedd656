package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/spf13/cobra"

	"jaanch/internal/hub/sandbox"
)

// sandbox plays the outside services.
func (p *program) sandbox() *cobra.Command {
	var listen string
	var o sandbox.Options
	cmd := &cobra.Command{
		Use: "sandbox", Short: "Play the outside services on this machine", Args: cobra.NoArgs,
		Long: `Plays WhatsApp, Twilio, SendGrid, Razorpay, Stripe, PayU and the invoice portal for demonstrations and tests: enforces their rules, answers as they do,
and announces by signed webhooks what became of a message or a payment. Nothing leaves this machine.

  WhatsApp   /whatsapp/VERSION/NUMBER/messages    set WHATSAPP_API_URL to http://ADDRESS/whatsapp
  Razorpay   /razorpay/v1/payment_links           POST /razorpay/pay/LINK is the pretend UPI app
  Twilio     /twilio/2010-04-01/...                set TWILIO_API_URL to http://ADDRESS/twilio
  SendGrid   /sendgrid/v3/mail/send               set SENDGRID_API_URL to http://ADDRESS/sendgrid
  Stripe     /stripe/v1/checkout/sessions, /stripe/v1/refunds
  PayU       /payu/_payment, /payu/merchant/postservice.php?form=2
  invoices   /eivital, /eicore (NIC)              set GSTN_API_URL to http://ADDRESS; keys at /gstn/login.pem and /gstn/signing.pem
             /gsp, /enriched/ei/api (provider)    set GSTN_API_URL to http://ADDRESS/enriched/ei/api and GSTN_TRANSPORT to gsp
  phone      POST /whatsapp/phone/ID/read and /whatsapp/phone/say with number, from, text play the person
  faults     POST /fault with name and times      a call without a name lists them
  received   GET /                                what came, as a page

The hub that calls it needs --config with stand_ins: true and the address in hosts.`,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSandbox(cmd, listen, o) },
	}
	f := cmd.Flags()
	f.StringVar(&listen, "listen", "127.0.0.1:9900", "`address` to listen on; loopback alone")
	f.StringVar(&o.HooksURL, "hooks", "", "`address` of the hub's hooks: http://127.0.0.1:8000/hooks/ORG")
	f.StringVar(&o.Token, "whatsapp-token", "sandbox", "access token that callers must have")
	f.StringVar(&o.AppSecret, "whatsapp-app-secret", "sandbox", "secret that signs webhooks of WhatsApp")
	f.StringVar(&o.KeyID, "razorpay-key", "rzp_test_sandbox", "key id that callers must have")
	f.StringVar(&o.KeySecret, "razorpay-secret", "sandbox", "its secret")
	f.StringVar(&o.WebhookSecret, "razorpay-webhook-secret", "sandbox", "secret that signs webhooks of Razorpay")
	f.StringVar(&o.Account, "twilio-account", "AC00000000000000000000000000000000", "account that callers must have")
	f.StringVar(&o.AuthToken, "twilio-token", "sandbox", "its token, which also signs callbacks")
	f.StringVar(&o.MailKey, "sendgrid-key", "sandbox", "API key that callers must have")
	f.StringVar(&o.GSTIN, "gstn-gstin", "27AAAPH9357H1ZF", "GSTIN that callers of the invoice portal must have")
	f.StringVar(&o.GSTINUser, "gstn-user", "sandbox", "user of its interface")
	f.StringVar(&o.GSTINPassword, "gstn-password", "sandbox", "password of the user")
	f.StringVar(&o.GSTINClient, "gstn-client", "sandbox", "client id at the portal, or application id at the provider")
	f.StringVar(&o.GSTINSecret, "gstn-client-secret", "sandbox", "its secret")
	f.StringVar(&o.StripeKey, "stripe-key", "sk_test_sandbox", "secret key that callers of Stripe must have")
	f.StringVar(&o.PayUKey, "payu-key", "sandbox", "merchant key at PayU")
	f.StringVar(&o.PayUSalt, "payu-salt", "sandbox", "its salt")
	_ = cmd.MarkFlagRequired("hooks")
	return cmd
}

func runSandbox(cmd *cobra.Command, listen string, o sandbox.Options) error {
	ctx := cmd.Context()
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", listen)
	if err != nil {
		return fmt.Errorf("sandbox: %w", err)
	}
	if at, ok := l.Addr().(*net.TCPAddr); !ok || !at.IP.IsLoopback() {
		return errors.Join(errors.New("sandbox: it listens on loopback alone"), l.Close())
	}
	s := sandbox.New(o)
	defer s.Close()
	server := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: 5 * time.Second}
	done := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer done()
	cmd.Printf("hub: pretend services on %s\n", l.Addr())
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("sandbox: %w", err)
	}
	return nil
}

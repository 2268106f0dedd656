package hub

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"strings"

	"github.com/spf13/viper"

	"jaanch/internal/lab"
	"jaanch/internal/telemetry"
)

// Config is all that an operator sets. What people change in daily work is data in the browser, not configuration.
type Config struct {
	Listen     string           `mapstructure:"listen"`      // address of HTTP, or HTTPS with a certificate
	Database   telemetry.Secret `mapstructure:"database"`    // Postgres URL
	Private    string           `mapstructure:"private"`     // directory of a Postgres of the hub's own, for demonstrations
	TLSCert    string           `mapstructure:"tls_cert"`    // PEM files; empty for HTTP behind a proxy
	TLSKey     string           `mapstructure:"tls_key"`     //
	BehindTLS  bool             `mapstructure:"behind_tls"`  // a proxy in front speaks HTTPS
	Migrate    bool             `mapstructure:"migrate"`     // bring the database up to date at start
	MaxBatches int              `mapstructure:"max_batches"` // of sync at once in this process
	LogFormat  string           `mapstructure:"log_format"`  // json or text
	LogLevel   string           `mapstructure:"log_level"`   // debug, info, warn, error
	SealKey    telemetry.Secret `mapstructure:"seal_key"`    // base64 of 32 bytes; without it nothing leaves to outside services
	Hosts      string           `mapstructure:"hosts"`       // of outside services that may be called, with commas between
	StandIns   bool             `mapstructure:"stand_ins"`   // services on this machine and plain HTTP may be called
	PublicURL  string           `mapstructure:"public_url"`  // where patients and services reach the hub
	Files      string           `mapstructure:"files"`       // directory of the documents that nodes send
}

// keys lists the settings with their defaults and what they are.
func keys() []setting {
	return []setting{
		{"listen", "127.0.0.1:8000", "address to listen on"},
		{"database", "", "Postgres URL; give it as JAANCH_HUB_DATABASE"},
		{"private", "", "directory of a Postgres of the hub's own"},
		{"tls_cert", "", "certificate, PEM"},
		{"tls_key", "", "its key, PEM"},
		{"behind_tls", false, "a proxy in front speaks HTTPS"},
		{"migrate", true, "bring the database up to date at start"},
		{"max_batches", 32, "batches of sync at once"},
		{"log_format", "json", "json or text"},
		{"log_level", "info", "debug, info, warn or error"},
		{"seal_key", "", "key that seals what outside services need, base64 of 32 bytes; give it as JAANCH_HUB_SEAL_KEY"},
		{"hosts", "graph.facebook.com,api.razorpay.com,api.twilio.com,api.sendgrid.com", "hosts of outside services that may be called, with commas between"},
		{"stand_ins", false, "pretend services on this machine may be called; for demonstrations alone"},
		{"public_url", "", "where patients and services reach this hub: https://reports.example.in"},
		{"files", "", "directory of the documents that nodes send; shared by all replicas"},
	}
}

type setting struct {
	name  string
	value any
	about string
}

// Load reads the file (hub.yaml in the working directory when file is empty and it exists), then the environment
// (JAANCH_HUB_LISTEN and so on), then the flags that were set: the later wins. An unknown key in the file is an error.
func Load(file string, flags map[string]any) (Config, error) {
	v := viper.New()
	v.SetEnvPrefix("JAANCH_HUB")
	for _, k := range keys() {
		v.SetDefault(k.name, k.value)
		if err := v.BindEnv(k.name); err != nil {
			return Config{}, fmt.Errorf("configuration: %w", err)
		}
	}
	if file == "" {
		if _, err := os.Stat("hub.yaml"); err == nil {
			file = "hub.yaml"
		}
	}
	if file != "" {
		v.SetConfigFile(file)
		if err := v.ReadInConfig(); err != nil {
			return Config{}, fmt.Errorf("configuration: %s: %w", filepath.Base(file), err)
		}
	}
	for name, value := range flags {
		v.Set(name, value)
	}
	var c Config
	if err := v.UnmarshalExact(&c); err != nil {
		return Config{}, fmt.Errorf("configuration: %w", err)
	}
	return c, c.check()
}

func (c *Config) check() error {
	switch {
	case c.Listen == "":
		return errors.New("configuration: listen is empty")
	case (c.TLSCert == "") != (c.TLSKey == ""):
		return errors.New("configuration: tls_cert and tls_key belong together")
	case c.LogFormat != "json" && c.LogFormat != "text":
		return errors.New("configuration: log_format is json or text")
	case c.PublicURL != "" && !strings.HasPrefix(c.PublicURL, "https://") && !strings.HasPrefix(c.PublicURL, "http://"):
		return errors.New("configuration: public_url begins with https://")
	case strings.HasSuffix(c.PublicURL, "/"):
		return errors.New("configuration: public_url ends without a slash")
	case c.MaxBatches < 1 || c.MaxBatches > 1000:
		return errors.New("configuration: max_batches is between 1 and 1000")
	}
	return nil
}

// urlFile holds the address of a private server while it runs, for the other commands.
func urlFile(dir string) string { return filepath.Join(dir, "url") }

// filesDir is where documents stand: the directory set, or one beside the hub's own Postgres.
func (c *Config) filesDir() string {
	switch {
	case c.Files != "":
		return c.Files
	case c.Private != "":
		return filepath.Join(c.Private, "files")
	}
	return "files"
}

// publicURL is where patients reach the hub: the address set, or the one it listens on, for a demonstration.
func (c *Config) publicURL() string {
	if c.PublicURL != "" {
		return c.PublicURL
	}
	return "http://" + c.Listen
}

// DatabaseURL gives the address of the database: the one set, or that of the running private server.
func (c *Config) DatabaseURL() (telemetry.Secret, error) {
	if c.Database.IsSet() {
		return c.Database, nil
	}
	if c.Private != "" {
		b, err := os.ReadFile(urlFile(c.Private))
		if err == nil {
			return telemetry.Secret(strings.TrimSpace(string(b))), nil
		}
	}
	return "", &lab.Error{Kind: lab.KindInvalid, Code: "database_missing", Message: "No database is set. Give its address as JAANCH_HUB_DATABASE."}
}

// Write prints the effective values as YAML, secrets hidden.
func (c *Config) Write(w io.Writer) error {
	value := reflect.ValueOf(*c)
	for i, k := range keys() {
		if _, err := fmt.Fprintf(w, "%s: %s # %s\n", k.name, yamlOf(value.Field(i).Interface()), k.about); err != nil {
			return fmt.Errorf("print the configuration: %w", err)
		}
	}
	return nil
}

func yamlOf(v any) string {
	switch v := v.(type) {
	case telemetry.Secret:
		if !v.IsSet() {
			return `""`
		}
		return v.String()
	case string:
		return fmt.Sprintf("%q", v)
	}
	return fmt.Sprint(v)
}

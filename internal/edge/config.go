package edge

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"reflect"

	"github.com/spf13/viper"
)

// Config is all that an operator sets. What a lab changes in daily work is data in the browser, not configuration.
type Config struct {
	Data      string `mapstructure:"data"`         // folder that holds everything of the node
	Listen    string `mapstructure:"listen"`       // loopback HTTP
	ListenTLS string `mapstructure:"listen_tls"`   // HTTPS for the lab's other PCs; empty switches it off
	HL7       string `mapstructure:"hl7"`          // analyzers that speak HL7 (MLLP); empty switches it off
	ASTM      string `mapstructure:"astm"`         // analyzers that speak ASTM; empty switches it off
	Serial    string `mapstructure:"serial"`       // one serial port with an analyzer that is not set up yet, DEVICE or DEVICE@BAUD
	Hub       string `mapstructure:"hub"`          // address of the hub that the screens propose
	Demo      bool   `mapstructure:"demo"`         // a demonstration lab
	Printer   string `mapstructure:"demo_printer"` // label printer of the demonstration lab; empty: none
	Zone      string `mapstructure:"zone"`         // the lab's time zone
	LogFormat string `mapstructure:"log_format"`   // json or text
	LogLevel  string `mapstructure:"log_level"`    // debug, info, warn, error
}

type setting struct {
	name  string
	value any
	about string
}

// keys lists the settings with their defaults and what they are, in the order of Config.
func keys() []setting {
	return []setting{
		{"data", "jaanch-data", "folder that holds everything of the node"},
		{"listen", "127.0.0.1:8080", "HTTP for this machine alone"},
		{"listen_tls", ":8443", "HTTPS for the lab's other PCs; empty: off"},
		{"hl7", ":6661", "analyzers that speak HL7; empty: off"},
		{"astm", ":6662", "analyzers that speak ASTM; empty: off"},
		{"serial", "", "a serial port with an analyzer that is not set up yet"},
		{"hub", "", "address of the hub"},
		{"demo", false, "a demonstration lab"},
		{"demo_printer", "", "label printer of the demonstration lab; empty: none"},
		{"zone", "Asia/Kolkata", "the lab's time zone"},
		{"log_format", "text", "json or text"},
		{"log_level", "info", "debug, info, warn or error"},
	}
}

// Load reads the file (edge.yaml in the working directory when file is empty and it exists), then the environment
// (JAANCH_EDGE_LISTEN and so on), then the flags that were set: the later wins. An unknown key in the file is an error.
func Load(file string, flags map[string]any) (Config, error) {
	v := viper.New()
	v.SetEnvPrefix("JAANCH_EDGE")
	v.AllowEmptyEnv(true)
	for _, k := range keys() {
		v.SetDefault(k.name, k.value)
		if err := v.BindEnv(k.name); err != nil {
			return Config{}, fmt.Errorf("configuration: %w", err)
		}
	}
	if file == "" {
		if _, err := os.Stat("edge.yaml"); err == nil {
			file = "edge.yaml"
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
	case c.Data == "":
		return errors.New("configuration: data is empty")
	case c.Listen == "" && c.ListenTLS == "":
		return errors.New("configuration: neither listen nor listen_tls is set")
	case c.LogFormat != "json" && c.LogFormat != "text":
		return errors.New("configuration: log_format is json or text")
	}
	return nil
}

// Write prints the effective values as YAML. There is no secret among them.
func (c *Config) Write(w io.Writer) error {
	value := reflect.ValueOf(*c)
	for i, k := range keys() {
		v := value.Field(i).Interface()
		if s, ok := v.(string); ok {
			v = fmt.Sprintf("%q", s)
		}
		if _, err := fmt.Fprintf(w, "%s: %v # %s\n", k.name, v, k.about); err != nil {
			return fmt.Errorf("print the configuration: %w", err)
		}
	}
	return nil
}

// Paths inside the data folder.

// Database is the lab's database.
func (c *Config) Database() string { return filepath.Join(c.Data, "lab.db") }

// KeyFile holds the node's own key.
func (c *Config) KeyFile() string { return filepath.Join(c.Data, "node.key") }

// TLSDir holds the lab's certificate authority and the server's certificate.
func (c *Config) TLSDir() string { return filepath.Join(c.Data, "tls") }

func (c *Config) sessionFile() string { return filepath.Join(c.Data, "sessions.db") }

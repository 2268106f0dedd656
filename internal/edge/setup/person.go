package setup

import (
	"time"

	"jaanch/internal/lab"
)

// Login opens a session.
type Login struct {
	Login    string `json:"login" minLength:"1" maxLength:"60"`
	Password string `json:"password" minLength:"1" maxLength:"128"`
	Code     string `json:"code,omitempty" maxLength:"10" doc:"Six digits of the authenticator, when the account has one."`
	Station  string `json:"station,omitempty" maxLength:"40" doc:"Name of the PC, for the record."`
}

// Session is who is logged in and what that person may do.
type Session struct {
	User        Me         `json:"user"`
	Permissions []string   `json:"permissions" doc:"Actions that the person may do; screens show the rest switched off."`
	ExpiresAt   time.Time  `json:"expires_at" doc:"After this without use the session ends."`
	StepUpUntil *time.Time `json:"step_up_until,omitempty" doc:"Until when signing needs no PIN."`
	Lab         string     `json:"lab"`
	NodeCode    string     `json:"node_code"`
	Demo        bool       `json:"demo"`
}

// Me is the person of a session.
type Me struct {
	ID       lab.ID            `json:"id"`
	Login    string            `json:"login"`
	Name     string            `json:"name"`
	Roles    []string          `json:"roles"`
	HasPIN   bool              `json:"has_pin"`
	Language string            `json:"language"`
	Prefs    map[string]string `json:"preferences" doc:"What the screens keep for the person."`
}

// StepUp proves again who sits there.
type StepUp struct {
	PIN      string `json:"pin,omitempty" maxLength:"6"`
	Password string `json:"password,omitempty" maxLength:"128"`
}

// Switch changes the person at a station by PIN.
type Switch struct {
	UserID lab.ID `json:"user_id"`
	PIN    string `json:"pin" minLength:"6" maxLength:"6"`
}

// SetPIN sets the own PIN; the password proves who asks.
type SetPIN struct {
	Password string `json:"password" minLength:"1" maxLength:"128"`
	PIN      string `json:"pin" minLength:"6" maxLength:"6" pattern:"^[0-9]{6}$"`
}

// SetPassword sets the own password.
type SetPassword struct {
	Old string `json:"old" minLength:"1" maxLength:"128"`
	New string `json:"new" minLength:"12" maxLength:"128"`
}

// Preferences are what the screens keep for the person.
type Preferences struct {
	Language string            `json:"language,omitempty" maxLength:"10"`
	Prefs    map[string]string `json:"preferences"`
}

// People are those who can switch to by PIN at this station.
type People struct {
	People []PersonLine `json:"people"`
}

// PersonLine is one person of the switch list.
type PersonLine struct {
	ID    lab.ID   `json:"id"`
	Name  string   `json:"name"`
	Roles []string `json:"roles"`
}

// User is one account.
type User struct {
	ID            lab.ID     `json:"id"`
	Login         string     `json:"login"`
	Name          string     `json:"name"`
	Qualification string     `json:"qualification,omitempty"`
	Registration  string     `json:"registration,omitempty" doc:"Number of the medical council; printed under a signature."`
	Phone         string     `json:"phone,omitempty"`
	Roles         []string   `json:"roles"`
	Departments   []string   `json:"departments"`
	Active        bool       `json:"active"`
	LastLogin     *time.Time `json:"last_login,omitempty"`
	HasPIN        bool       `json:"has_pin"`
	Versions      string     `json:"versions"`
}

// Users are all accounts.
type Users struct {
	Users []User   `json:"users"`
	Roles []string `json:"roles" doc:"All roles that can be given."`
}

// UserInput is an account as it is set up.
type UserInput struct {
	Login         string   `json:"login" minLength:"2" maxLength:"60"`
	Name          string   `json:"name" minLength:"1" maxLength:"120"`
	Qualification string   `json:"qualification,omitempty" maxLength:"120"`
	Registration  string   `json:"registration,omitempty" maxLength:"60"`
	Phone         string   `json:"phone,omitempty" maxLength:"20"`
	Roles         []string `json:"roles" minItems:"1" maxItems:"10"`
	Departments   []string `json:"departments,omitempty" maxItems:"20"`
	Password      string   `json:"password,omitempty" maxLength:"128" doc:"Of a new account; to be changed at the first log-in."`
	Active        bool     `json:"active"`
	Versions      string   `json:"versions,omitempty" doc:"Needed for a change."`
}

// ResetPassword gives an account a new password, set by an administrator.
type ResetPassword struct {
	Password string `json:"password" minLength:"12" maxLength:"128"`
}

// Package access decides who may do what. Everything is denied that the table does not grant. It is asked by the use
// cases, not by the screens; the screens ask Visible to leave out what would be refused.
package access

import (
	"slices"

	"jaanch/internal/lab"
)

// Role is a set of grants. A user may hold several. Its text stands in the database.
type Role string

// The roles.
const (
	Receptionist Role = "receptionist"
	Phlebotomist Role = "phlebotomist"
	Technician   Role = "technician"
	Pathologist  Role = "pathologist"
	Manager      Role = "manager"
	Admin        Role = "admin"
	Accountant   Role = "accountant"
	Auditor      Role = "auditor"
	HubAdmin     Role = "hub_admin"
	Support      Role = "support"
)

// Roles gives all roles in the order of the table's columns.
func Roles() []Role {
	return []Role{Receptionist, Phlebotomist, Technician, Pathologist, Manager, Admin, Accountant, Auditor, HubAdmin, Support}
}

// Action is something that needs a grant.
type Action string

// The actions, in the order of the table.
const (
	PatientEdit      Action = "patient.edit"
	PatientMerge     Action = "patient.merge"
	ConsentTake      Action = "consent.take"
	OrderEdit        Action = "order.edit"
	SampleHandle     Action = "sample.handle"
	ResultSee        Action = "result.see"
	ReportSee        Action = "report.see"
	ResultEnter      Action = "result.enter"
	ReportSign       Action = "report.sign"
	ReportAmend      Action = "report.amend"
	CriticalCall     Action = "critical.call"
	QCEnter          Action = "qc.enter"
	QCUnlock         Action = "qc.unlock"
	RulesEdit        Action = "rules.edit"
	ReleaseStaleQC   Action = "release.stale_qc"
	CatalogueEdit    Action = "catalogue.edit"
	InstrumentSetup  Action = "instrument.setup"
	InboxDecide      Action = "inbox.decide"
	InstrumentMap    Action = "instrument.map"
	BillTake         Action = "bill.take"
	BillReduce       Action = "bill.reduce"
	PricesEdit       Action = "prices.edit"
	UsersEdit        Action = "users.edit"
	SystemKeep       Action = "system.keep"
	ReportSend       Action = "report.send"
	BulkExport       Action = "export.bulk"
	PrivacyRequest   Action = "privacy.request"
	AuditRead        Action = "audit.read"
	FleetManage      Action = "fleet.manage"
	SupportSession   Action = "support.session"
	AutoreleaseBrake Action = "autorelease.stop"
)

// Grant is one cell of the table.
type Grant byte

// The grants.
const (
	Never  Grant = '.' // no
	Second Grant = '2' // with a second person or a fresh re-login
	Own    Grant = 'o' // own site, section or work only
	Always Grant = 'y'
)

// row is one action and a cell for every role, in the order of Roles.
type row struct {
	action Action
	cells  string
}

// table is the page's table, as it stands there.
func table() []row {
	return []row{
		{PatientEdit, "yo.yy....."},
		{PatientMerge, "...22....."},
		{ConsentTake, "yy.yy....."},
		{OrderEdit, "yooyy....."},
		{SampleHandle, "oyyyy....."},
		{ResultSee, "..oyy..y.."},
		{ReportSee, "o.oyy..y.."},
		{ResultEnter, "..oyy....."},
		{ReportSign, "...2......"},
		{ReportAmend, "...2......"},
		{CriticalCall, "o.yyy....."},
		{QCEnter, "..yyy....."},
		{QCUnlock, "...yy....."},
		{RulesEdit, "...22....."},
		{ReleaseStaleQC, "...2......"},
		{CatalogueEdit, "...22....."},
		{InstrumentSetup, "....yy...."},
		{InboxDecide, "..yyy....."},
		{InstrumentMap, "..2.yy...."},
		{BillTake, "y...y.y..."},
		{BillReduce, "....2.2..."},
		{PricesEdit, "....y.y..."},
		{UsersEdit, ".....2...."},
		{SystemKeep, ".....2...."},
		{ReportSend, "o.oyy....."},
		{BulkExport, "....2..2.."},
		{PrivacyRequest, "....2....."},
		{AuditRead, "...oyy.yo."},
		{FleetManage, "........2."},
		{SupportSession, ".....2...2"},
		{AutoreleaseBrake, "..yyyy...."},
	}
}

// Actions gives all actions in the order of the table.
func Actions() []Action {
	var out []Action
	for _, r := range table() {
		out = append(out, r.action)
	}
	return out
}

// Of gives the grant of one role for one action.
func Of(role Role, action Action) Grant {
	column := slices.Index(Roles(), role)
	if column < 0 {
		return Never
	}
	for _, r := range table() {
		if r.action == action {
			return Grant(r.cells[column])
		}
	}
	return Never
}

// Resource is what the caller knows about the thing acted upon.
type Resource struct {
	Own       bool   // of the actor's own site and section, or the actor's own work
	SteppedUp bool   // the actor logged in again within the last 10 minutes
	Second    lab.ID // another person who approved; zero for none
	User      lab.ID // whose account or roles are changed
}

// Can gives nil where the actor may act. The error says what is missing: forbidden, not_own or step_up_needed. Only people
// have roles; instruments, the hub and the node itself act through their own use cases and are refused here.
func Can(actor lab.Actor, action Action, r Resource) error {
	if actor.Kind != lab.ActorUser || actor.ID.IsZero() {
		return lab.Forbidden("forbidden", "Only a person who is logged in may do this.")
	}
	if action == UsersEdit && r.User == actor.ID {
		return lab.Forbidden("own_roles", "Nobody changes their own roles.")
	}
	var own, second bool
	for _, name := range actor.Roles {
		switch Of(Role(name), action) {
		case Always:
			return nil
		case Own:
			if r.Own {
				return nil
			}
			own = true
		case Second:
			if r.SteppedUp || (!r.Second.IsZero() && r.Second != actor.ID) {
				return nil
			}
			second = true
		case Never:
		}
	}
	switch {
	case second:
		return lab.Forbidden("step_up_needed", "Log in again or ask a second person to approve this.")
	case own:
		return lab.Forbidden("not_own", "You may do this only at your own site and section.")
	default:
		return lab.Forbidden("forbidden", "Your role does not allow this.")
	}
}

// Visible tells whether any of the roles has any grant for the action, so that a screen offers it.
func Visible(roles []string, action Action) bool {
	return slices.ContainsFunc(roles, func(name string) bool { return Of(Role(name), action) != Never })
}

package api

import (
	"jaanch/internal/edge/bench"
	"jaanch/internal/lab"
)

// The inputs of lists. What stands in an address is never personal.
type (
	visitFilter struct {
		Day    string `query:"day" doc:"YYYY-MM-DD in the lab's zone; today when empty."`
		State  string `query:"state" enum:"open,due,completed,cancelled,all" default:"all"`
		Cursor string `query:"cursor" maxLength:"200"`
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	worklistFilter struct {
		Department string `query:"department" maxLength:"60"`
		State      string `query:"state" enum:"open,to_enter,held,released,all" default:"open"`
		Instrument lab.ID `query:"instrument" format:"uuid" doc:"Only tests whose codes this analyzer has been taught."`
		Pick       string `query:"pick" maxLength:"40" pattern:"^[A-Za-z0-9._+-]*$" doc:"Code of a panel or of a test: the samples that have it, with all its rows."`
		Visit      lab.ID `query:"visit" format:"uuid"`
		Sample     lab.ID `query:"sample" format:"uuid"`
		Cursor     string `query:"cursor" maxLength:"200"`
		Limit      int    `query:"limit" minimum:"1" maximum:"100" default:"40" doc:"Samples on a page."`
	}
	choiceFilter struct {
		Department string `query:"department" maxLength:"60"`
		State      string `query:"state" enum:"open,to_enter,held,released,all" default:"open"`
		Instrument lab.ID `query:"instrument" format:"uuid"`
	}
	historyOf struct {
		ID   lab.ID `path:"id" format:"uuid"`
		Test lab.ID `path:"test" format:"uuid"`
	}
	inboxFilter struct {
		State      string `query:"state" enum:"waiting,decided" default:"waiting"`
		Instrument lab.ID `query:"instrument" format:"uuid"`
		Cursor     string `query:"cursor" maxLength:"200"`
		Limit      int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	byNumber struct {
		ID int64 `path:"id" minimum:"1"`
	}
	resolveIn struct {
		ID   int64  `path:"id" minimum:"1"`
		Key  string `header:"Idempotency-Key" required:"true" minLength:"16" maxLength:"64"`
		Body bench.Resolve
	}
	loadListOf struct {
		ID  lab.ID `path:"id" format:"uuid" doc:"The analyzer."`
		Day string `path:"day" doc:"YYYY-MM-DD."`
	}
	loadListIn struct {
		ID   lab.ID `path:"id" format:"uuid" doc:"The analyzer."`
		Day  string `path:"day" doc:"YYYY-MM-DD."`
		Body bench.LoadListInput
	}
	messagesOf struct {
		ID     lab.ID `path:"id" format:"uuid"`
		Cursor string `query:"cursor" maxLength:"200"`
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	queueFilter struct {
		Show   string `query:"show" enum:"held,all,mine" default:"all"`
		Cursor string `query:"cursor" maxLength:"200"`
		Limit  int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	reportFilter struct {
		State      string `query:"state" enum:"all,unprinted,amended,critical" default:"all"`
		Day        string `query:"day" doc:"YYYY-MM-DD in the lab's zone; all days when empty."`
		Department string `query:"department" maxLength:"60"`
		Cursor     string `query:"cursor" maxLength:"200"`
		Limit      int    `query:"limit" minimum:"1" maximum:"200" default:"50"`
	}
	recordOf struct {
		Entity string `path:"entity" maxLength:"40"`
		ID     lab.ID `path:"id" format:"uuid"`
	}
)

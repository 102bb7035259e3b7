package page

import (
	"io"

	"screentest/pkg/actor"
)

// A Message is a page that only says something: what went wrong, or who are you.
type Message struct {
	Site
	Title string
	Text  string
	Login bool       // ask for the token
	Of    actor.Name // of whom it is, "" where it is of nobody
	Back  string     // address of the actor's page, in what led to it
	Note  string     // what somebody wrote, that is not recorded
}

// Render writes the message as HTML.
func (m Message) Render(w io.Writer) error { return render(w, "message.html", m) }

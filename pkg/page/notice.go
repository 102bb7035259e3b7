package page

import "io"

// A Message is a page that only says something: what went wrong, or who are you.
type Message struct {
	Site
	Title string
	Text  string
	Login bool // ask for the token
}

// Render writes the message as HTML.
func (m Message) Render(w io.Writer) error { return render(w, "message.html", m) }

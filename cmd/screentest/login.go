package main

import (
	"crypto/rand"
	"fmt"
	"net"
	"os"
	"strings"
)

// tokenVariable is where the token for signing in is looked for.
const tokenVariable = "SCREENTEST_TOKEN"

// shortestToken is how long such a token is at least, in bytes: nobody slows down who
// tries one after the other.
const shortestToken = 16

// login returns the token that people have to sign in with, and what to tell whoever
// starts the server about it; none where only this machine is answered, unless one is
// asked for.
func login(addr net.Addr) (token, told string, err error) {
	token = os.Getenv(tokenVariable)
	tcp, ok := addr.(*net.TCPAddr)
	switch {
	case token != "" && (len(token) < shortestToken || strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' })):
		err = usageError{hint(fmt.Errorf("the token in %s is shorter than %d characters, or holds blanks", tokenVariable, shortestToken),
			"make a longer one, or leave it away to have one made and printed")}
	case token != "":
		told = "Sign in with the token in " + tokenVariable + ".\n"
	case !ok || !tcp.IP.IsLoopback():
		token = rand.Text()
		told = "Token to sign in with: " + token + "\n"
	}
	return token, told, err
}

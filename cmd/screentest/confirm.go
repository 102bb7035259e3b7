package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// confirm asks a question on the terminal and reports whether the answer is yes.
// Where there is no terminal, --yes has to be said.
func (a *app) confirm(ctx context.Context, question string, yes bool) (bool, error) {
	if yes {
		return true, nil
	}
	in, ok := a.stdin.(*os.File)
	if !ok || !term.IsTerminal(int(in.Fd())) {
		return false, usageError{errors.New("nothing was changed: there is nobody to ask here, so say --yes to do this")}
	}
	fmt.Fprintf(a.stderr, "%s [y/N] ", question)
	answer, err := readLine(ctx, in)
	if err != nil {
		return false, err
	}
	if word := strings.ToLower(strings.TrimSpace(answer)); word == "y" || word == "yes" {
		return true, nil
	}
	fmt.Fprintln(a.stderr, "nothing was changed")
	return false, nil
}

// readLine reads a line, until ctx ends: then the reading is left behind, for the
// program is about to end.
func readLine(ctx context.Context, in io.Reader) (string, error) {
	type line struct {
		text string
		err  error
	}
	read := make(chan line, 1)
	go func() {
		text, err := bufio.NewReader(in).ReadString('\n')
		read <- line{text, err}
	}()
	select {
	case l := <-read:
		if l.err != nil && !errors.Is(l.err, io.EOF) {
			return "", fmt.Errorf("read the answer: %w", l.err)
		}
		return l.text, nil
	case <-ctx.Done():
		return "", errors.New("interrupted: nothing was changed")
	}
}

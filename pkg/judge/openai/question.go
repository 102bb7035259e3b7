package openai

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
)

// rubric is the fixed part of the question. It comes first and is longer than
// 1,024 tokens, so that all requests but the first read it from the cache.
//
//go:embed rubric.txt
var rubric string

const baseLabel = "BASE"

// sameCharacter asks for what OffCharacter says, where there is a base image.
const sameCharacter = "same_character"

// The answers to sameCharacter.
const (
	isSame     = "same"
	isOther    = "different"
	cannotTell = "cannot_tell"
)

// verdictSchema is written by hand because order matters: what is decided first
// comes first, the score last. The score is an enumeration, which every server's
// idea of a strict schema includes; lengths are not, so we cut texts ourselves.
const verdictSchema = `{
"type":"object",
"additionalProperties":false,
"required":["style","looking_at_camera","symmetrical","distorted","poor_quality","visible_text",%[1]s"observation","text","unsure","score"],
"properties":{
"style":{"type":"string","enum":["photorealistic","bw_stylized","color_stylized"]},
"looking_at_camera":{"type":"boolean"},
"symmetrical":{"type":"boolean"},
"distorted":{"type":"boolean"},
"poor_quality":{"type":"boolean"},
"visible_text":{"type":"boolean"},
%[2]s"observation":{"type":"string","description":"one sentence, at most 25 words"},
"text":{"type":"string","description":"text readable in the image, at most 25 words, or empty"},
"unsure":{"type":"boolean"},
"score":{"type":"integer","enum":[1,2,3,4,5,6,7,8,9,10]}
}}`

// schema returns the form of the answer: an object in which every label is a
// required key, so that no image can be missing, doubled or renumbered. The same
// number of images gives the same bytes, which the cache needs.
func schema(labels []string, base bool) json.RawMessage {
	quoted := make([]string, len(labels))
	properties := make([]string, len(labels))
	for i, label := range labels {
		quoted[i] = `"` + label + `"`
		properties[i] = `"` + label + `":{"$ref":"#/$defs/verdict"}`
	}
	return json.RawMessage(fmt.Sprintf(`{"type":"object","additionalProperties":false,"required":[%s],"properties":{%s},"$defs":{"verdict":%s}}`,
		strings.Join(quoted, ","), strings.Join(properties, ","), oneVerdict(base)))
}

func oneVerdict(base bool) string {
	if !base {
		return fmt.Sprintf(verdictSchema, "", "")
	}
	return fmt.Sprintf(verdictSchema, `"`+sameCharacter+`",`,
		fmt.Sprintf(`"%s":{"type":"string","enum":["%s","%s","%s"]},`+"\n", sameCharacter, isSame, isOther, cannotTell))
}

// rubricVersion changes whenever the question does, so that no verdict outlives
// the wording it answers.
func rubricVersion() string {
	sum := sha256.Sum256([]byte(rubric + oneVerdict(true)))
	return hex.EncodeToString(sum[:6])
}

package stack_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestEveryAlarmRingsAndSaysWhatToDo(t *testing.T) {
	runbooks, err := os.ReadFile("../../docs/runbooks.md")
	if err != nil {
		t.Fatal(err)
	}
	read := map[string]bool{}
	for id, a := range dev().app.of(t, "AWS::CloudWatch::Alarm") {
		if a.text("AlarmActions") != "[${Bells}]" || a.text("OKActions") != "[${Bells}]" {
			t.Errorf("%s rings %s", id, a.text("AlarmActions"))
		}
		if a.text("TreatMissingData") != "notBreaching" {
			t.Errorf("%s rings while nothing happens", id)
		}
		_, chapter, _ := strings.Cut(a.text("AlarmDescription"), "docs/runbooks.md#")
		read[chapter] = true
		if !strings.Contains(string(runbooks), "\n## "+chapter+"\n") {
			t.Errorf("%s sends people to the chapter %q, which is not there", id, chapter)
		}
	}
	for _, heading := range regexp.MustCompile(`(?m)^## ([a-z-]+)$`).FindAllStringSubmatch(string(runbooks), -1) {
		if !read[heading[1]] {
			t.Errorf("no alarm sends people to the chapter %s", heading[1])
		}
	}
}

// watched returns how often a metric has an alarm, by "name of what it is of".
func watched(t *testing.T, app template) map[string]int {
	t.Helper()
	seen := map[string]int{}
	for _, a := range app.of(t, "AWS::CloudWatch::Alarm") {
		for _, d := range list(a.at("Dimensions")) {
			if dimension, ok := d.(map[string]any); ok {
				seen[fmt.Sprintf("%s of %v", a.text("MetricName"), dimension["Value"])]++
			}
		}
	}
	return seen
}

func TestEverythingIsWatched(t *testing.T) {
	app := dev().app
	seen := watched(t, app)
	want := []string{"ExecutionsFailed of ${Sweep}", "ExecutionsTimedOut of ${Sweep}", "Dollars of dev", "Halted of dev"}
	for id := range app.of(t, "AWS::Lambda::Function") {
		want = append(want, "Errors of ${"+id+"}", "Throttles of ${"+id+"}", "Duration of ${"+id+"}")
	}
	for id := range app.of(t, "AWS::SQS::Queue") {
		if strings.HasSuffix(id, "Dead") {
			want = append(want, "ApproximateNumberOfMessagesVisible of ${"+id+".QueueName}")
		} else {
			want = append(want, "ApproximateAgeOfOldestMessage of ${"+id+".QueueName}")
		}
	}
	for _, w := range want {
		if seen[w] != 1 {
			t.Errorf("%d alarms for %s", seen[w], w)
		}
	}
}

func TestThresholdsFitWhatTheyWatch(t *testing.T) {
	app := prod().app
	for id, f := range app.of(t, "AWS::Lambda::Function") {
		threshold := app[id+"DurationAlarm"].number(t, "Threshold")
		if limit := 1000 * f.number(t, "Timeout"); threshold >= limit || threshold < limit*0.9 {
			t.Errorf("%s: rings at %v of %v ms", id, threshold, limit)
		}
	}
	for _, id := range []string{"Evaluations", "Balances"} {
		if age := app[id+"OldestAlarm"].number(t, "Threshold"); age >= app[id].number(t, "MessageRetentionPeriod") {
			t.Errorf("%s: messages are forgotten before anybody is told", id)
		}
		if n := app[id+"DeadAlarm"].number(t, "Threshold"); n != 0 {
			t.Errorf("%s: %v dead letters are let pass", id, n)
		}
	}
	if spend := app["SpendAlarm"]; spend.number(t, "Threshold") != 10 || spend.number(t, "Period") != 24*3600 {
		t.Errorf("spending rings at %v in %v s", spend.at("Threshold"), spend.at("Period"))
	}
	// One batch is enough, and the alarm lasts while messages rest, two hours at most.
	halted := app["HaltedAlarm"]
	if lasts := halted.number(t, "Period") * halted.number(t, "EvaluationPeriods"); halted.number(t, "DatapointsToAlarm") != 1 || lasts < 2*3600 {
		t.Errorf("that nothing can be done rings after %v batches, for %v s", halted.at("DatapointsToAlarm"), lasts)
	}
	standstill := fmt.Sprint(app["StandstillAlarm"].at("Metrics"))
	for _, part := range []string{"evaluations + balances + resting1 + resting2 > 0", "ApproximateNumberOfMessagesNotVisible", "ActorsCompleted", "ActorsFailed", "ActorsSkipped", "${Evaluations.QueueName}", "${Balances.QueueName}"} {
		if !strings.Contains(standstill, part) {
			t.Errorf("standstill does not look at %s", part)
		}
	}
}

func TestAlarmsReachThePerson(t *testing.T) {
	for id, p := range prod().app.of(t, "AWS::SNS::TopicPolicy") {
		policy := statements(p.at("PolicyDocument"))
		for account, rings := range map[string]bool{"${AWS::AccountId}": true, "another": false} {
			r := request{action: "sns:Publish", on: "${Bells}", context: map[string]string{"aws:SourceAccount": account, "aws:SecureTransport": "true"}}
			if allowed(t, policy, r) != rings {
				t.Errorf("%s: an alarm of %s rings: %v", id, account, !rings)
			}
		}
		if !strings.Contains(p.text("PolicyDocument"), "map[Service:cloudwatch.amazonaws.com]") {
			t.Errorf("%s does not name CloudWatch", id)
		}
	}
	for id, s := range prod().app.of(t, "AWS::SNS::Subscription") {
		if s.text("Endpoint") != "owner@example.org" || s.text("TopicArn") != "${Bells}" {
			t.Errorf("%s tells %s", id, s.text("Endpoint"))
		}
	}
}

type widget struct {
	Type       string
	Y          float64
	Properties struct {
		Metrics []any
		Query   string
	}
}

func widgets(t *testing.T, app template) []widget {
	t.Helper()
	for _, d := range app.of(t, "AWS::CloudWatch::Dashboard") {
		var body struct{ Widgets []widget }
		if err := json.Unmarshal([]byte(d.text("DashboardBody")), &body); err != nil {
			t.Fatal(err)
		}
		return body.Widgets
	}
	return nil
}

func TestDashboardBeginsWithProgress(t *testing.T) {
	all := widgets(t, dev().app)
	for _, w := range all {
		first := w.Y == 0
		if shows := strings.Contains(fmt.Sprint(w.Properties.Metrics), "Sweep"); shows && !first {
			t.Errorf("a widget about the sweep stands at %v", w.Y)
		}
		if first && w.Type == "metric" && !regexp.MustCompile(`SweepRemaining|ExecutionsStarted`).MatchString(fmt.Sprint(w.Properties.Metrics)) {
			t.Errorf("the first row shows %v", w.Properties.Metrics)
		}
	}
	if len(all) < 10 {
		t.Errorf("the dashboard has %d widgets", len(all))
	}
}

// What is wrong with settings or key stands there in words.
func TestDashboardSaysWhyNothingIsDone(t *testing.T) {
	for _, w := range widgets(t, dev().app) {
		if w.Type != "log" {
			continue
		}
		for _, part := range []string{"filter Halted = 1", "error", "/aws/lambda/screentest-dev-evaluator", "/aws/lambda/screentest-dev-balancer"} {
			if !strings.Contains(w.Properties.Query, part) {
				t.Errorf("the query lacks %q: %s", part, w.Properties.Query)
			}
		}
		return
	}
	t.Error("no widget reads the logs")
}

// What the functions write is shown, and what is shown is written.
func TestDashboardShowsTheMetricsAsWritten(t *testing.T) {
	var want []string
	_, rows := table(t, "../../docs/functions.md", "| metric |")
	for _, row := range rows {
		for _, name := range strings.Split(row[0], ",") {
			want = append(want, strings.Trim(name, " `"))
		}
	}
	var have []string
	for _, w := range widgets(t, dev().app) {
		for _, m := range w.Properties.Metrics {
			if metric := m.([]any); metric[0] == "screentest" && !slices.Contains(have, fmt.Sprint(metric[1])) {
				have = append(have, fmt.Sprint(metric[1]))
			}
		}
	}
	slices.Sort(want)
	slices.Sort(have)
	if !slices.Equal(have, want) {
		t.Errorf("the dashboard shows %v, the page says %v", have, want)
	}
}

// What an idle stage costs is reckoned with the alarms and metrics that there are.
func TestCostsAreCounted(t *testing.T) {
	single, parts := 0, 0
	for _, a := range dev().app.of(t, "AWS::CloudWatch::Alarm") {
		if metrics := a.at("Metrics"); metrics == "" {
			single++
		} else {
			for _, m := range list(metrics) {
				if m.(map[string]any)["MetricStat"] != nil {
					parts++
				}
			}
		}
	}
	_, metrics := table(t, "../../docs/functions.md", "| metric |")
	own := 0
	for _, row := range metrics {
		own += strings.Count(row[0], "`") / 2
	}
	words := []string{"none", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"}
	_, rows := table(t, "../../docs/cost.md", "| what | number | dollars a month |")
	for what, want := range map[string]string{
		"alarms":      fmt.Sprintf("%d of one metric at $0.10, one of %s metrics", single, words[parts]),
		"own metrics": fmt.Sprintf("%d at $0.30, ", own),
	} {
		if i := slices.IndexFunc(rows, func(row []string) bool { return row[0] == what }); i < 0 || !strings.HasPrefix(rows[i][1], want) {
			t.Errorf("docs/cost.md does not have %s: %s", what, want)
		}
	}
}

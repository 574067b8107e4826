class Report {
  private level: string | undefined;

  gather(): void {
    this.level = process.env.LOG_LEVEL;
  }

  send(): Promise<Response> {
    return fetch('https://files.example/', { method: 'POST', body: 'ready' });
  }
}

const report = new Report();
report.gather();
void report.send();

"""What is told of many things together: declared once, as page, CSV, XLSX and PDF."""

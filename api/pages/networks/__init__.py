"""Networks: five years of posts and money, who staffs them, what is reported."""
